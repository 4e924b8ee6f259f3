import Kernels
import Randomness
import Tensors

/// Task head over one batch. In training it runs forward and backward in one go, since the losses'
/// gradients need nothing else.
struct TaskHeads<E: TensorElement>: Heads {
    private let head: TaskHead
    private let headDropout: Double
    private let executor: KernelExecutor
    private let tensors: TaskTensors
    private let gradients: TaskTensors?
    private let activations: TaskActivations<E>
    private let batch: TaskBatch

    init(_ parts: ModelParts, head: TaskHead, headDropout: Double, batch: TaskBatch) {
        self.head = head
        self.headDropout = headDropout
        executor = parts.executor
        tensors = TaskTensors(head, parts.tensors)
        gradients = parts.gradientTensors.map { TaskTensors(head, $0) }
        activations = TaskActivations(parts, head: head)
        self.batch = batch
    }

    var range: Range<Int> { tensors.range }

    var sharesTokenEmbedding: Bool { false }

    /// Computes the outputs of each input, or of each of its tokens: [rows, outputs].
    func predict(_ hidden: Matrix<E>) -> [[Float]] {
        guard let pooler = tensors.pooler else {
            let logits = activations.logits.rows(batch.inputs.tokens)
            executor.dense(hidden, tensors.output, into: logits)
            return (0..<batch.inputs.sequences).map { index in
                Array(logits.rows(batch.inputs.rows(of: index)).elements.buffer)
            }
        }
        let count = batch.inputs.sequences
        let logits = activations.logits.rows(count)
        let pooled = pool(hidden, batch.inputs.firstTokens, pooler)
        executor.dense(pooled, tensors.output, into: logits)
        return (0..<count).map { Array(logits.row($0).buffer) }
    }

    func train(
        _ hidden: Matrix<E>, scale: Float, seed: UInt64, accumulate: Bool,
        hiddenGradient: Matrix<E>
    ) -> TaskOutcome {
        guard let gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        let pass = Pass(
            hidden: hidden, hiddenGradient: hiddenGradient, scale: scale,
            dropout: Dropout(seed: seed, purpose: .headDropout, probability: headDropout),
            gradients: gradients, accumulate: accumulate)
        return head == .span ? trainSpans(pass) : trainRows(pass)
    }

    /// Operands of one call of `train`.
    private struct Pass {
        let hidden: Matrix<E>
        let hiddenGradient: Matrix<E>
        let scale: Float
        let dropout: Dropout
        let gradients: TaskTensors
        let accumulate: Bool
    }

    /// Computes the pooled outputs of `rows` of `hidden`.
    private func pool(
        _ hidden: Matrix<E>, _ rows: Vector<Int32>, _ pooler: DenseTensors
    ) -> Matrix<E> {
        let first = activations.rows.rows(rows.count)
        let pooled = activations.pooled.rows(rows.count)
        executor.gather(hidden, rows, into: first)
        executor.dense(first, pooler, into: pooled)
        executor.tanh(pooled.elements)
        return pooled
    }

    /// Runs the head over the rows that the batch selects, forward and backward in one go.
    private func trainRows(_ pass: Pass) -> TaskOutcome {
        let count = batch.chosen
        let rows = activations.rows.rows(count)
        var input = rows
        if let pooler = tensors.pooler {
            let pooled = pool(pass.hidden, batch.rows, pooler)
            input = activations.dropped.rows(count)
            executor.dropout(pooled, pass.dropout, rows: batch.addresses, into: input)
        } else {
            executor.gather(pass.hidden, batch.rows, into: rows)
            executor.dropout(rows, pass.dropout, rows: batch.addresses, into: rows)
        }
        let logits = activations.logits.rows(count)
        executor.dense(input, tensors.output, into: logits)
        let (outcome, slopes) = losses(logits, pass.scale)
        let gradient = activations.gradient.rows(count)
        executor.denseBackward(
            input: input, tensors.output, gradient: slopes,
            parameterGradients: pass.gradients.output, accumulate: pass.accumulate,
            inputGradient: gradient)
        executor.dropout(gradient, pass.dropout, rows: batch.addresses, into: gradient)
        pass.hiddenGradient.elements.fill(E(0))
        executor.scatterAdd(
            poolBackward(gradient, rows: rows, pass), to: batch.rows, ofRows: pass.hiddenGradient)
        return outcome
    }

    /// Computes the gradient of `rows` of the encoder's output from `gradient`, that of the head's
    /// input.
    private func poolBackward(
        _ gradient: Matrix<E>, rows: Matrix<E>, _ pass: Pass
    ) -> Matrix<E> {
        guard let pooler = tensors.pooler, let poolerGradients = pass.gradients.pooler else {
            return gradient
        }
        let pooled = activations.pooled.rows(gradient.rows)
        executor.tanhBackward(output: pooled.elements, gradient: gradient.elements)
        // The pooled values are no longer needed: their memory takes the gradient of the first
        // tokens.
        executor.denseBackward(
            input: rows, pooler, gradient: gradient, parameterGradients: poolerGradients,
            accumulate: pass.accumulate, inputGradient: pooled)
        return pooled
    }

    private func losses(_ logits: Matrix<Float>, _ scale: Float) -> (TaskOutcome, Matrix<E>) {
        var outcome = TaskOutcome()
        outcome.terms = batch.examples.reduce(0) { $0 + head.terms($1.target) }
        switch head {
        case .classification, .tokens:
            let losses = activations.losses[0..<logits.rows]
            let slopes = executor.crossEntropy(
                logits, labels: batch.labels, gradientScale: scale, as: E.self, losses: losses,
                correct: activations.correct[0..<logits.rows])
            outcome.loss = losses.buffer.reduce(0) { $0 + Double($1) }
            return (outcome, slopes)
        case .multiLabel, .regression, .choice, .span:
            let slopes = activations.slopes.rows(logits.rows)
            for (range, target) in batch.examples {
                outcome.loss += loss(logits, range, target, scale, slopes)
            }
            return (outcome, slopes)
        }
    }

    private func loss(
        _ logits: Matrix<Float>, _ range: Range<Int>, _ target: TaskTarget, _ scale: Float,
        _ slopes: Matrix<E>
    ) -> Double {
        let first = range.lowerBound
        switch target {
        case .categories(let classes):
            return TaskLosses.binary(
                logits.row(first), classes: classes, scale: scale, slopes: slopes.row(first))
        case .score(let value):
            return TaskLosses.squared(
                logits.row(first)[0], target: value, scale: scale, slope: &slopes.row(first).base[0]
            )
        case .category(let right):
            return TaskLosses.softmax(
                logits, rows: range, column: 0, label: first + right, scale: scale, slopes: slopes)
        case .none, .tokens, .span: preconditionFailure("a target of another task")
        }
    }

    /// Runs the head over all tokens, forward and backward in one go.
    private func trainSpans(_ pass: Pass) -> TaskOutcome {
        let logits = activations.logits.rows(batch.inputs.tokens)
        let slopes = activations.slopes.rows(batch.inputs.tokens)
        executor.dense(pass.hidden, tensors.output, into: logits)
        var outcome = TaskOutcome()
        for (range, target) in batch.examples {
            guard case .span(let start, let end) = target else {
                preconditionFailure("a target of another task")
            }
            let rows = batch.inputs.rows(of: range.lowerBound)
            for (column, place) in [start, end].enumerated() {
                outcome.loss += TaskLosses.softmax(
                    logits, rows: rows, column: column, label: rows.lowerBound + place,
                    scale: pass.scale, slopes: slopes)
            }
            outcome.terms += head.terms(target)
        }
        executor.denseBackward(
            input: pass.hidden, tensors.output, gradient: slopes,
            parameterGradients: pass.gradients.output, accumulate: pass.accumulate,
            inputGradient: pass.hiddenGradient)
        return outcome
    }
}

import Kernels
import Randomness
import Tensors

/// The forward and backward pass over the batch at hand, whatever the type of the activations.
protocol TaskNetwork {
    /// Bytes of the activations and their gradients.
    var memoryBytes: Int { get }
    /// The outputs of each input, or of each of its tokens, without dropout: [rows, outputs].
    func predict(progress: () -> Void) -> [[Float]]
    /// Losses with dropout, and the gradients of `scale` times their sum.
    func train(
        scale: Float, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> TaskOutcome
}

/// The parts of a task network other than its activations.
struct TaskNetworkParts {
    let configuration: BERTConfiguration
    let head: TaskHead
    let headDropout: Double
    let executor: KernelExecutor
    let capacity: BatchCapacity
    let tensors: FineTuningTensors
    let gradients: FineTuningTensors?
    let batch: TaskBatch
    let retention: Retention
}

/// The activations of a task head, for R rows that it looks at, of width N, with C outputs.
private final class TaskHeadActivations<E: TensorElement> {
    /// [R, N]: the rows, the pooler's output, and what dropout leaves.
    let rows: RowBlock<E>
    let pooled: RowBlock<E>
    let dropped: RowBlock<E>
    /// [R, C]: logits, which cross-entropy turns into gradients; the other losses' gradients.
    let logits: RowBlock<Float>
    let slopes: RowBlock<E>
    let losses: Block<Float>
    let correct: Block<UInt8>
    /// [R, N], for training.
    let gradient: RowBlock<E>
    let bytes: Int

    init(_ parts: TaskNetworkParts) {
        let training = parts.retention != .inference
        let (size, outputs) = (parts.configuration.hiddenSize, parts.head.outputs)
        let pools = parts.head.usesPooler
        let count = pools ? parts.capacity.sequences : parts.capacity.tokens
        // A span's head looks at all tokens where they are.
        let copied = pools || (training && parts.head != .span) ? count : 0
        rows = RowBlock(rows: copied, columns: size)
        pooled = RowBlock(rows: pools ? count : 0, columns: size)
        dropped = RowBlock(rows: pools && training ? count : 0, columns: size)
        logits = RowBlock(rows: count, columns: outputs)
        slopes = RowBlock(rows: training ? count : 0, columns: outputs)
        losses = Block(count: count)
        correct = Block(count: count)
        gradient = RowBlock(rows: training ? copied : 0, columns: size)
        let elements = copied * size * (pools ? 4 : 2) + count * outputs
        bytes = elements * MemoryLayout<E>.stride + count * outputs * MemoryLayout<Float>.stride
    }
}

/// The network with activations, and gradients to them, of type `E`.
struct TypedTaskNetwork<E: TensorElement>: TaskNetwork {
    private let parts: TaskNetworkParts
    private let encoder: Encoder<E>
    private let activations: TaskHeadActivations<E>

    private var executor: KernelExecutor { parts.executor }
    private var batch: TaskBatch { parts.batch }
    private var tensors: FineTuningTensors { parts.tensors }

    init(_ parts: TaskNetworkParts) {
        self.parts = parts
        encoder = Encoder(
            parts.configuration, executor: parts.executor, capacity: parts.capacity,
            tensors: parts.tensors.encoder, gradients: parts.gradients?.encoder,
            batch: parts.batch.inputs, retention: parts.retention)
        activations = TaskHeadActivations(parts)
    }

    var memoryBytes: Int { encoder.memoryBytes + activations.bytes }

    func predict(progress: () -> Void) -> [[Float]] {
        encoder.forward(ModelDropouts(parts.configuration, seed: nil), progress: progress)
        let hidden = encoder.output
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
        scale: Float, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> TaskOutcome {
        guard let gradients = parts.gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        let dropouts = ModelDropouts(parts.configuration, seed: seed)
        let dropout = Dropout(seed: seed, purpose: .headDropout, probability: parts.headDropout)
        encoder.forward(dropouts, progress: observer.progress)
        let outcome: TaskOutcome
        if parts.head == .span {
            outcome = trainSpans(scale, gradients, accumulate)
        } else {
            outcome = trainRows(scale, dropout, gradients, accumulate)
        }
        observer.ready(gradients.headRange)
        observer.progress()
        encoder.backward(
            dropouts, accumulate: accumulate, accumulateTokens: accumulate, observer: observer)
        return outcome
    }

    /// The pooled outputs of `rows` of `hidden`.
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

    /// The head over the rows that it chose, forward and backward in one go.
    private func trainRows(
        _ scale: Float, _ dropout: Dropout, _ gradients: FineTuningTensors, _ accumulate: Bool
    ) -> TaskOutcome {
        let count = batch.chosen
        let rows = activations.rows.rows(count)
        var input = rows
        if let pooler = tensors.pooler {
            let pooled = pool(encoder.output, batch.rows, pooler)
            input = activations.dropped.rows(count)
            executor.dropout(pooled, dropout, rows: batch.addresses, into: input)
        } else {
            executor.gather(encoder.output, batch.rows, into: rows)
            executor.dropout(rows, dropout, rows: batch.addresses, into: rows)
        }
        let logits = activations.logits.rows(count)
        executor.dense(input, tensors.output, into: logits)
        let (outcome, slopes) = losses(logits, scale)
        let gradient = activations.gradient.rows(count)
        executor.denseBackward(
            input: input, tensors.output, gradient: slopes, parameterGradients: gradients.output,
            accumulate: accumulate, inputGradient: gradient)
        executor.dropout(gradient, dropout, rows: batch.addresses, into: gradient)
        encoder.outputGradient.elements.fill(E(0))
        var arriving = gradient
        if let pooler = tensors.pooler, let poolerGradients = gradients.pooler {
            let pooled = activations.pooled.rows(count)
            executor.tanhBackward(output: pooled.elements, gradient: gradient.elements)
            // The pooled values are done with: their memory takes the gradient of the first tokens.
            executor.denseBackward(
                input: rows, pooler, gradient: gradient, parameterGradients: poolerGradients,
                accumulate: accumulate, inputGradient: pooled)
            arriving = pooled
        }
        executor.scatterAdd(arriving, to: batch.rows, ofRows: encoder.outputGradient)
        return outcome
    }

    private func losses(_ logits: Matrix<Float>, _ scale: Float) -> (TaskOutcome, Matrix<E>) {
        var outcome = TaskOutcome()
        outcome.terms = batch.examples.reduce(0) { $0 + parts.head.terms($1.target) }
        switch parts.head {
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

    /// The head over all tokens, forward and backward in one go.
    private func trainSpans(
        _ scale: Float, _ gradients: FineTuningTensors, _ accumulate: Bool
    ) -> TaskOutcome {
        let logits = activations.logits.rows(batch.inputs.tokens)
        let slopes = activations.slopes.rows(batch.inputs.tokens)
        executor.dense(encoder.output, tensors.output, into: logits)
        var outcome = TaskOutcome()
        for (range, target) in batch.examples {
            guard case .span(let start, let end) = target else {
                preconditionFailure("a target of another task")
            }
            let rows = batch.inputs.rows(of: range.lowerBound)
            for (column, place) in [start, end].enumerated() {
                outcome.loss += TaskLosses.softmax(
                    logits, rows: rows, column: column, label: rows.lowerBound + place,
                    scale: scale, slopes: slopes)
            }
            outcome.terms += parts.head.terms(target)
        }
        executor.denseBackward(
            input: encoder.output, tensors.output, gradient: slopes,
            parameterGradients: gradients.output, accumulate: accumulate,
            inputGradient: encoder.outputGradient)
        return outcome
    }
}

import CKernels
public import Tensors

/// Sequences of an unpadded batch, whose tokens lie one after another.
public struct SequenceBounds {
    /// First token of each sequence, followed by the total number of tokens: [B + 1].
    public let offsets: Vector<Int32>

    /// Creates the bounds at `offsets`.
    public init(offsets: Vector<Int32>) {
        self.offsets = offsets
    }

    /// Number of sequences.
    public var count: Int { offsets.count - 1 }

    /// Range of the tokens of sequence `index`.
    public subscript(index: Int) -> Range<Int> {
        Int(offsets[index])..<Int(offsets[index + 1])
    }
}

/// Self-attention over an unpadded batch: sizes, dropout and addresses that both passes share.
public struct AttentionSetting {
    let heads: Int
    let dropout: Dropout
    let bounds: SequenceBounds
    let random: Vector<RandomRow>

    /// Creates attention with `heads` heads within each sequence of `bounds`; `random` holds the
    /// address of each token, [T].
    public init(heads: Int, dropout: Dropout, bounds: SequenceBounds, rows: Vector<RandomRow>) {
        self.heads = heads
        self.dropout = dropout
        self.bounds = bounds
        self.random = rows
    }
}

/// Working memory for attention: two score matrices per thread.
public final class AttentionScratch {
    let scores: [Block<Float>]
    let scoreGradients: [Block<Float>]
    let maximumLength: Int

    /// Allocates memory for sequences of up to `maximumLength` tokens on `threads` threads. Only
    /// the backward pass needs the second matrix.
    public init(maximumLength: Int, threads: Int, backward: Bool) {
        let area = maximumLength * maximumLength
        scores = (0..<threads).map { _ in Block(count: area) }
        scoreGradients = (0..<threads).map { _ in Block(count: backward ? area : 0) }
        self.maximumLength = maximumLength
    }
}

/// Location of one head's rows and columns in one sequence.
private struct HeadTask {
    let rows: Range<Int>
    let head: Int
    let width: Int
    let heads: Int

    init(_ task: Int, _ setting: AttentionSetting, hidden: Int) {
        rows = setting.bounds[task / setting.heads]
        head = task % setting.heads
        heads = setting.heads
        width = hidden / setting.heads
    }

    /// Returns part 0 (query), 1 (key) or 2 (value) of `matrix` [T, 3 x hidden]: [L, width].
    func part<E>(_ index: Int, of matrix: Matrix<E>) -> Matrix<E> {
        let start = (index * heads + head) * width
        return matrix.rows(rows).columns(start..<start + width)
    }

    /// Returns this head's columns of `matrix` [T, hidden].
    func columns<E>(of matrix: Matrix<E>) -> Matrix<E> {
        matrix.rows(rows).columns(head * width..<(head + 1) * width)
    }

    /// Returns this head's part of `logSums` [T x heads]: [L].
    func logSums(_ logSums: Vector<Float>) -> Vector<Float> {
        let start = rows.lowerBound * heads + head * rows.count
        return logSums[start..<start + rows.count]
    }

    func random(_ setting: AttentionSetting) -> bert_random_row {
        precondition(
            !setting.dropout.isActive
                || heads * rows.count <= RandomRow.positionLimit(columns: rows.count),
            "too many random numbers")
        return setting.random[rows.lowerBound].at(head * rows.count)
    }

    var scale: Float { 1 / Float(width).squareRoot() }
}

extension KernelExecutor {
    /// Computes the scaled dot-product attention of Vaswani et al. (2017) within each sequence:
    /// `context` [T, N] from `queryKeyValue` [T, 3N]. `logSums` [T x heads] keeps the logarithm of
    /// each row's sum of exponentials. The backward pass recomputes the probabilities from it (as
    /// in FlashAttention), so they are never stored for the whole batch.
    ///
    /// - Precondition: with dropout, heads x L x ceil(L / 128) is at most 2^28 for every length L.
    public func attention<E: TensorElement>(
        _ queryKeyValue: Matrix<E>, _ setting: AttentionSetting, logSums: Vector<Float>,
        into context: Matrix<E>, scratch: AttentionScratch
    ) {
        checkShapes(queryKeyValue, setting, logSums: logSums, context: context)
        team.forEach(setting.bounds.count * setting.heads) { index, thread in
            let task = HeadTask(index, setting, hidden: context.columns)
            let length = task.rows.count
            guard length > 0 else { return }
            precondition(length <= scratch.maximumLength, "sequence too long for the scratch")
            let scores = scratch.scores[thread][0..<length * length]
                .matrix(rows: length, columns: length)
            multiplyPart(
                .plain(task.part(0, of: queryKeyValue)),
                .transposed(task.part(1, of: queryKeyValue)), into: scores, accumulate: false,
                scratch: gemmScratch(thread))
            withUnsafePointer(to: setting.dropout.parameters) { dropout in
                rowKernels(E.self).attention_softmax(
                    length, length, length, task.scale, scores.base, task.logSums(logSums).base,
                    dropout, task.random(setting))
            }
            multiplyPart(
                .plain(scores.narrowed(to: E.self)), .plain(task.part(2, of: queryKeyValue)),
                into: task.columns(of: context), accumulate: false,
                scratch: gemmScratch(thread))
        }
    }

    /// Computes `gradient` [T, 3N], that of `queryKeyValue` [T, 3N], from `contextGradient` [T, N];
    /// the forward pass computed `logSums` [T x heads].
    public func attentionBackward<E: TensorElement>(
        _ queryKeyValue: Matrix<E>, _ setting: AttentionSetting, logSums: Vector<Float>,
        contextGradient: Matrix<E>, into gradient: Matrix<E>,
        scratch: AttentionScratch
    ) {
        checkShapes(queryKeyValue, setting, logSums: logSums, context: contextGradient)
        checkShapes(gradient, setting, logSums: logSums, context: contextGradient)
        team.forEach(setting.bounds.count * setting.heads) { index, thread in
            let task = HeadTask(index, setting, hidden: contextGradient.columns)
            guard !task.rows.isEmpty else { return }
            headBackward(
                task, setting, queryKeyValue: queryKeyValue, logSums: task.logSums(logSums),
                output: task.columns(of: contextGradient), gradient: gradient, scratch: scratch,
                thread: thread)
        }
    }

    private func checkShapes<E>(
        _ queryKeyValue: Matrix<E>, _ setting: AttentionSetting, logSums: Vector<Float>,
        context: Matrix<E>
    ) {
        precondition(queryKeyValue.columns == 3 * context.columns, "widths differ")
        precondition(queryKeyValue.rows == context.rows, "rows differ")
        precondition(logSums.count == context.rows * setting.heads, "one sum a row and head")
    }

    private func headBackward<E: TensorElement>(
        _ task: HeadTask, _ setting: AttentionSetting, queryKeyValue: Matrix<E>,
        logSums: Vector<Float>, output: Matrix<E>, gradient: Matrix<E>,
        scratch: AttentionScratch, thread: Int
    ) {
        let length = task.rows.count
        precondition(length <= scratch.maximumLength, "sequence too long for the scratch")
        let area = 0..<length * length
        let scores = scratch.scores[thread][area].matrix(rows: length, columns: length)
        let slopes = scratch.scoreGradients[thread][area].matrix(rows: length, columns: length)
        let query = task.part(0, of: queryKeyValue)
        let key = task.part(1, of: queryKeyValue)
        let value = task.part(2, of: queryKeyValue)
        func multiply<P: TensorElement>(_ left: Factor, _ right: Factor, into product: Matrix<P>) {
            multiplyPart(
                left, right, into: product, accumulate: false, scratch: gemmScratch(thread))
        }
        multiply(.plain(query), .transposed(key), into: scores)
        multiply(.plain(output), .transposed(value), into: slopes)
        withUnsafePointer(to: setting.dropout.parameters) { dropout in
            rowKernels(E.self).attention_softmax_backward(
                length, length, length, task.scale, scores.base, logSums.base, slopes.base, dropout,
                task.random(setting))
        }
        let probabilities = scores.narrowed(to: E.self)
        let scoreGradient = slopes.narrowed(to: E.self)
        multiply(.transposed(probabilities), .plain(output), into: task.part(2, of: gradient))
        multiply(.plain(scoreGradient), .plain(key), into: task.part(0, of: gradient))
        multiply(.transposed(scoreGradient), .plain(query), into: task.part(1, of: gradient))
    }
}

import Tensors

/// The activations of a task head, for R rows that it looks at, of width N, with C outputs.
final class TaskActivations<E: TensorElement> {
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

    init(_ parts: ModelParts, head: TaskHead) {
        let training = parts.trains
        let (size, outputs) = (parts.configuration.hiddenSize, head.outputs)
        let pools = head.usesPooler
        let count = pools ? parts.capacity.sequences : parts.capacity.tokens
        // A span's head looks at all tokens where they are.
        let copied = pools || (training && head != .span) ? count : 0
        rows = RowBlock(rows: copied, columns: size)
        pooled = RowBlock(rows: pools ? count : 0, columns: size)
        dropped = RowBlock(rows: pools && training ? count : 0, columns: size)
        logits = RowBlock(rows: count, columns: outputs)
        slopes = RowBlock(rows: training ? count : 0, columns: outputs)
        losses = Block(count: count)
        correct = Block(count: count)
        gradient = RowBlock(rows: training ? copied : 0, columns: size)
    }
}

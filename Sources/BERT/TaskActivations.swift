import Tensors

/// Activations of a task head with C outputs, for the R rows of width N that it reads.
final class TaskActivations<E: TensorElement> {
    /// [R, N]: input rows, the pooler's output, and the result of dropout.
    let rows: RowBlock<E>
    let pooled: RowBlock<E>
    let dropped: RowBlock<E>
    /// [R, C]: logits, overwritten by their gradients for cross-entropy; gradients of the other
    /// losses.
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
        // A span head reads all tokens in place.
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

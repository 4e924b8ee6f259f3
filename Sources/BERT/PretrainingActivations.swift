import Kernels
import Tensors

/// Maximum number of predictions whose logits are in memory at once. [512, V] stays small for any
/// batch size, and the products stay large enough to be fast.
let decodedAtOnce = 512

/// Activations of both pre-training heads, for B sequences and P predictions of width N.
final class PretrainingActivations<E: TensorElement> {
    /// [B, N]: hidden states of the first tokens, and their pooled outputs.
    let first: RowBlock<E>
    let pooled: RowBlock<E>
    /// [B, 2]: logits, overwritten by their gradients.
    let nextLogits: RowBlock<Float>
    /// [P, N]: masked tokens, dense output, activation, normalization.
    let masked: RowBlock<E>
    let transformInput: RowBlock<E>
    let transformOutput: RowBlock<E>
    let statistics: StatisticsBlock
    let normalized: RowBlock<E>
    /// [rows of a chunk, V]: logits, overwritten by their gradients.
    let logits: RowBlock<Float>
    /// [rows of a chunk, N], for training: gradient of the decoder's input before it is rounded. A
    /// product as deep as the vocabulary does not fit the memory for sums of 16-bit results.
    let decodedGradient: RowBlock<Float>
    let maskedLosses: Block<Float>
    let maskedCorrect: Block<UInt8>
    let nextLosses: Block<Float>
    let nextCorrect: Block<UInt8>
    /// [P, N] and [B, N], for training.
    let maskedGradient: RowBlock<E>
    let firstGradient: RowBlock<E>

    init(_ configuration: BERTConfiguration, capacity: BatchCapacity, training: Bool) {
        let size = configuration.hiddenSize
        let (sequences, masked) = (capacity.sequences, capacity.masked)
        first = RowBlock(rows: sequences, columns: size)
        pooled = RowBlock(rows: sequences, columns: size)
        nextLogits = RowBlock(rows: sequences, columns: 2)
        self.masked = RowBlock(rows: masked, columns: size)
        transformInput = RowBlock(rows: masked, columns: size)
        transformOutput = RowBlock(rows: masked, columns: size)
        statistics = StatisticsBlock(rows: masked)
        normalized = RowBlock(rows: masked, columns: size)
        logits = RowBlock(
            rows: min(decodedAtOnce, masked), columns: configuration.vocabularySize)
        decodedGradient = RowBlock(rows: training ? min(decodedAtOnce, masked) : 0, columns: size)
        maskedLosses = Block(count: masked)
        maskedCorrect = Block(count: masked)
        nextLosses = Block(count: sequences)
        nextCorrect = Block(count: sequences)
        maskedGradient = RowBlock(rows: training ? masked : 0, columns: size)
        firstGradient = RowBlock(rows: training ? sequences : 0, columns: size)
    }

    /// Returns the bytes of the activations and their gradients, except the few of the
    /// next-sentence head.
    static func memoryBytes(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, training: Bool
    ) -> Int {
        let (size, masked) = (configuration.hiddenSize, capacity.masked)
        let elements = (training ? 5 : 4) * masked * size
        let floats =
            min(decodedAtOnce, masked) * (configuration.vocabularySize + (training ? size : 0))
        return elements * MemoryLayout<E>.stride + floats * MemoryLayout<Float>.stride
    }
}

import Kernels
import Tensors

/// Normalized rows' statistics, one pair a row.
struct StatisticsBlock {
    private let mean: Block<Float>
    private let reciprocalDeviation: Block<Float>

    init(rows: Int) {
        mean = Block(count: rows)
        reciprocalDeviation = Block(count: rows)
    }

    func rows(_ count: Int) -> LayerNormStatistics {
        LayerNormStatistics(
            mean: mean[0..<count], reciprocalDeviation: reciprocalDeviation[0..<count])
    }
}

/// A matrix of fixed width and of as many rows as a batch needs.
struct RowBlock {
    private let block: Block<Float>
    private let columns: Int

    init(rows: Int, columns: Int) {
        block = Block(count: rows * columns)
        self.columns = columns
    }

    func rows(_ count: Int) -> Matrix<Float> {
        block[0..<count * columns].matrix(rows: count, columns: columns)
    }
}

/// What a layer's forward pass leaves for its backward pass, for T tokens of width N.
struct LayerActivations {
    /// [T, 3N]
    let queryKeyValue: RowBlock
    /// [T x heads], by sequence, then head, then row: logarithms of the sums of exponentials.
    let logSums: RowBlock
    /// [T, N]: the heads' outputs.
    let context: RowBlock
    /// [T, N]: input + dropout(attention output), and its normalization.
    let attentionSum: RowBlock
    let attentionStatistics: StatisticsBlock
    let attentionOutput: RowBlock
    /// [T, I]: before and after the activation.
    let intermediateInput: RowBlock
    let intermediateOutput: RowBlock
    /// [T, N]: attention output + dropout(feed-forward output), and its normalization.
    let outputSum: RowBlock
    let outputStatistics: StatisticsBlock
    let output: RowBlock

    init(_ configuration: BERTConfiguration, tokens: Int, keepsInput: Bool, output: RowBlock?) {
        let size = configuration.hiddenSize
        func hidden(_ columns: Int) -> RowBlock { RowBlock(rows: tokens, columns: columns) }
        queryKeyValue = hidden(3 * size)
        logSums = hidden(configuration.heads)
        context = hidden(size)
        attentionSum = hidden(size)
        attentionStatistics = StatisticsBlock(rows: tokens)
        attentionOutput = hidden(size)
        intermediateOutput = hidden(configuration.intermediateSize)
        intermediateInput =
            keepsInput ? hidden(configuration.intermediateSize) : intermediateOutput
        outputSum = hidden(size)
        outputStatistics = StatisticsBlock(rows: tokens)
        self.output = output ?? hidden(size)
    }
}

/// Gradients that flow backward through the encoder, one set for all layers.
struct EncoderGradients {
    /// [T, N]: to a layer's output, in place to its input.
    let hidden: RowBlock
    /// [T, N]: the same on the branch behind a dropout.
    let branch: RowBlock
    /// [T, N]
    let context: RowBlock
    /// [T, 3N]
    let queryKeyValue: RowBlock
    /// [T, I]
    let intermediate: RowBlock

    init(_ configuration: BERTConfiguration, tokens: Int) {
        let size = configuration.hiddenSize
        hidden = RowBlock(rows: tokens, columns: size)
        branch = RowBlock(rows: tokens, columns: size)
        context = RowBlock(rows: tokens, columns: size)
        queryKeyValue = RowBlock(rows: tokens, columns: 3 * size)
        intermediate = RowBlock(rows: tokens, columns: configuration.intermediateSize)
    }
}

/// The activations of embeddings and encoder, allocated once for the largest batch.
///
/// For inference all layers share one set, and each overwrites its input with its output.
final class EncoderActivations {
    let embeddingSum: RowBlock
    let embeddingStatistics: StatisticsBlock
    let embeddings: RowBlock
    let layers: [LayerActivations]
    let attention: AttentionScratch
    let gradients: EncoderGradients?

    init(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, threads: Int, training: Bool
    ) {
        let tokens = capacity.tokens
        embeddingSum = RowBlock(rows: tokens, columns: configuration.hiddenSize)
        embeddingStatistics = StatisticsBlock(rows: tokens)
        embeddings = RowBlock(rows: tokens, columns: configuration.hiddenSize)
        if training {
            layers = (0..<configuration.layers).map { _ in
                LayerActivations(configuration, tokens: tokens, keepsInput: true, output: nil)
            }
            gradients = EncoderGradients(configuration, tokens: tokens)
        } else {
            let shared = LayerActivations(
                configuration, tokens: tokens, keepsInput: false, output: embeddings)
            layers = Array(repeating: shared, count: configuration.layers)
            gradients = nil
        }
        attention = AttentionScratch(
            maximumLength: capacity.sequenceLength, threads: threads, backward: training)
    }

    /// The input of layer `index`.
    func input(of index: Int) -> RowBlock {
        index == 0 ? embeddings : layers[index - 1].output
    }
}

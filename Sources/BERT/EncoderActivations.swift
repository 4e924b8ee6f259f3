import Kernels
import Tensors

/// Statistics of normalized rows, one pair per row.
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

/// Matrix of fixed width, with as many rows as a batch needs.
struct RowBlock<E: TensorElement> {
    private let block: Block<E>
    private let columns: Int

    init(rows: Int, columns: Int) {
        block = Block(count: rows * columns)
        self.columns = columns
    }

    func rows(_ count: Int) -> Matrix<E> {
        block[0..<count * columns].matrix(rows: count, columns: columns)
    }
}

extension Matrix where Element: TensorElement {
    /// Elements in fp32, row by row.
    var numbers: [Float] { elements.buffer.map(\.float) }
}

/// Activations of a layer, kept by its forward pass for its backward pass, for T tokens of width N.
struct LayerActivations<E: TensorElement> {
    /// [T, 3N]
    let queryKeyValue: RowBlock<E>
    /// [T x heads], ordered by sequence, head and row: logarithms of the sums of exponentials.
    let logSums: RowBlock<Float>
    /// [T, N]: the heads' outputs.
    let context: RowBlock<E>
    /// [T, N]: input + dropout(attention output), and its normalization.
    let attentionSum: RowBlock<E>
    let attentionStatistics: StatisticsBlock
    let attentionOutput: RowBlock<E>
    /// [T, I]: before and after the activation.
    let intermediateInput: RowBlock<E>
    let intermediateOutput: RowBlock<E>
    /// [T, N]: attention output + dropout(feed-forward output), and its normalization.
    let outputSum: RowBlock<E>
    let outputStatistics: StatisticsBlock
    private(set) var output: RowBlock<E>

    init(
        _ configuration: BERTConfiguration, tokens: Int, keepsInput: Bool,
        output: RowBlock<E>? = nil
    ) {
        let size = configuration.hiddenSize
        func hidden(_ columns: Int) -> RowBlock<E> { RowBlock(rows: tokens, columns: columns) }
        queryKeyValue = hidden(3 * size)
        logSums = RowBlock(rows: tokens, columns: configuration.heads)
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

    /// Returns these activations, sharing all memory except the output.
    func withOwnOutput(_ configuration: BERTConfiguration, tokens: Int) -> LayerActivations {
        var activations = self
        activations.output = RowBlock(rows: tokens, columns: configuration.hiddenSize)
        return activations
    }
}

/// Gradients that flow backward through the encoder; all layers share one set.
struct EncoderGradients<E: TensorElement> {
    /// [T, N]: gradient of a layer's output, turned in place into that of its input.
    let hidden: RowBlock<E>
    /// [T, N]: the same on the branch behind a dropout.
    let branch: RowBlock<E>
    /// [T, N]
    let context: RowBlock<E>
    /// [T, 3N]
    let queryKeyValue: RowBlock<E>
    /// [T, I]
    let intermediate: RowBlock<E>

    init(_ configuration: BERTConfiguration, tokens: Int) {
        let size = configuration.hiddenSize
        hidden = RowBlock(rows: tokens, columns: size)
        branch = RowBlock(rows: tokens, columns: size)
        context = RowBlock(rows: tokens, columns: size)
        queryKeyValue = RowBlock(rows: tokens, columns: 3 * size)
        intermediate = RowBlock(rows: tokens, columns: configuration.intermediateSize)
    }
}

/// Values of the forward pass that are kept.
enum Retention {
    /// Only the input of the next layer: there is no backward pass.
    case inference
    /// All values that the backward pass reads.
    case training
    /// Each layer's output: the backward pass recomputes the rest of a layer before its turn.
    case recomputation

    init(_ use: BERTModel.Use, recomputes: Bool) {
        switch use {
        case .training: self = recomputes ? .recomputation : .training
        case .inference: self = .inference
        }
    }
}

/// Activations of embeddings and encoder, allocated once for the largest batch.
///
/// For inference, all layers share one set, and each overwrites its input with its output. For
/// recomputation, they share everything except their outputs.
final class EncoderActivations<E: TensorElement> {
    let embeddingSum: RowBlock<E>
    let embeddingStatistics: StatisticsBlock
    let embeddings: RowBlock<E>
    let layers: [LayerActivations<E>]
    let attention: AttentionScratch
    let gradients: EncoderGradients<E>?

    init(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, threads: Int,
        retention: Retention
    ) {
        let tokens = capacity.tokens
        embeddingSum = RowBlock(rows: tokens, columns: configuration.hiddenSize)
        embeddingStatistics = StatisticsBlock(rows: tokens)
        embeddings = RowBlock(rows: tokens, columns: configuration.hiddenSize)
        switch retention {
        case .training:
            layers = (0..<configuration.layers).map { _ in
                LayerActivations(configuration, tokens: tokens, keepsInput: true)
            }
        case .recomputation:
            let first = LayerActivations<E>(configuration, tokens: tokens, keepsInput: true)
            layers = (0..<configuration.layers).map { index in
                index == 0 ? first : first.withOwnOutput(configuration, tokens: tokens)
            }
        case .inference:
            let shared = LayerActivations(
                configuration, tokens: tokens, keepsInput: false, output: embeddings)
            layers = Array(repeating: shared, count: configuration.layers)
        }
        let trains = retention != .inference
        gradients = trains ? EncoderGradients(configuration, tokens: tokens) : nil
        attention = AttentionScratch(
            maximumLength: capacity.sequenceLength, threads: threads, backward: trains)
    }

    /// Returns the input of layer `index`, or the last layer's output.
    func input(of index: Int) -> RowBlock<E> {
        index == 0 ? embeddings : layers[index - 1].output
    }
}

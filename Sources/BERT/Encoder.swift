import Kernels
import Tensors

/// Embeddings and encoder over the current batch: the part that all models of this family share.
///
/// A model calls `forward`, reads `output`, writes `outputGradient`, and calls `backward`.
struct Encoder<E: TensorElement> {
    private let configuration: BERTConfiguration
    private let executor: KernelExecutor
    private let capacity: BatchCapacity
    private let tensors: EncoderTensors
    private let gradients: EncoderTensors?
    private let batch: TokenBatch
    private let retention: Retention
    private let activations: EncoderActivations<E>

    /// Creates an encoder of the batches that `batch` will hold; `gradients` is nil for inference.
    init(
        _ configuration: BERTConfiguration, executor: KernelExecutor, capacity: BatchCapacity,
        tensors: EncoderTensors, gradients: EncoderTensors?, batch: TokenBatch,
        retention: Retention
    ) {
        self.configuration = configuration
        self.executor = executor
        self.capacity = capacity
        self.tensors = tensors
        self.gradients = gradients
        self.batch = batch
        self.retention = retention
        activations = EncoderActivations(
            configuration, capacity: capacity, threads: executor.team.count, retention: retention)
    }

    /// Bytes of the activations and their gradients.
    var memoryBytes: Int {
        Self.memoryBytes(
            configuration, capacity: capacity, threads: executor.team.count, retention: retention)
    }

    /// Estimates the bytes of the activations and their gradients, before they are allocated.
    static func memoryBytes(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, threads: Int,
        retention: Retention
    ) -> Int {
        let tokens = capacity.tokens
        let (size, layers) = (configuration.hiddenSize, configuration.layers)
        let training = retention != .inference
        // For inference, a layer keeps neither its output nor the input of its activation.
        let layer = (training ? 7 : 6) * size + (training ? 2 : 1) * configuration.intermediateSize
        let kept =
            switch retention {
            case .inference: layer + size
            case .training: layers * (layer + size)
            case .recomputation: layer + layers * size
            }
        let flow = training ? 6 * size + configuration.intermediateSize : 0
        let ownSums = retention == .training ? layers : 1
        let area = capacity.sequenceLength * capacity.sequenceLength
        let floats =
            tokens * configuration.heads * ownSums
            + area * threads * (training ? 2 : 1)
        return tokens * (2 * size + kept + flow) * MemoryLayout<E>.stride
            + floats * MemoryLayout<Float>.stride
    }

    /// Returns the input of layer `index`, or the last layer's output: [T, N]. For inference, only
    /// the last is available.
    func input(of index: Int) -> Matrix<E> { activations.input(of: index).rows(batch.tokens) }

    /// Sum of the embeddings before their normalization: [T, N].
    var embeddingSum: Matrix<E> { activations.embeddingSum.rows(batch.tokens) }

    var layerCount: Int { configuration.layers }

    /// Recomputes the activations of layer `index`.
    func recomputed(_ index: Int, _ dropouts: ModelDropouts) -> LayerActivations<E> {
        layer(index, dropouts).forward(input(of: index))
        return activations.layers[index]
    }

    /// Output of the last layer: [T, N].
    var output: Matrix<E> { input(of: configuration.layers) }

    /// Gradient of the output: [T, N]. `backward` reads and overwrites it.
    var outputGradient: Matrix<E> { flow.hidden.rows(batch.tokens) }

    private var flow: EncoderGradients<E> {
        guard let flow = activations.gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        return flow
    }

    /// Computes the activations; `progress` is called after each layer.
    func forward(_ dropouts: ModelDropouts, progress: () -> Void = {}) {
        let count = batch.tokens
        let output = activations.embeddings.rows(count)
        executor.embed(batch.indices, tensors.embeddings, into: embeddingSum)
        executor.layerNorm(
            embeddingSum, tensors.embeddingNorm, epsilon: Float(configuration.layerNormEpsilon),
            into: output, statistics: activations.embeddingStatistics.rows(count))
        if dropouts.embeddings.isActive {
            executor.dropout(output, dropouts.embeddings, rows: batch.randomRows, into: output)
        }
        for index in 0..<configuration.layers {
            layer(index, dropouts).forward(input(of: index))
            progress()
        }
    }

    /// Propagates the gradient of the output to all parameters, last layer first.
    ///
    /// - Parameters:
    ///   - accumulate: whether gradients are added to those of earlier batches.
    ///   - accumulateTokens: the same for the token embedding, to whose gradient a head may already
    ///     have added.
    func backward(
        _ dropouts: ModelDropouts, accumulate: Bool, accumulateTokens: Bool,
        observer: GradientObserver
    ) {
        guard let gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        for index in (0..<configuration.layers).reversed() {
            let layer = layer(index, dropouts)
            // The last layer's activations are still in memory.
            if retention == .recomputation && index < configuration.layers - 1 {
                layer.forward(input(of: index))
            }
            layer.backward(
                input: input(of: index), flow: flow, gradients: gradients.layers[index],
                accumulate: accumulate, progress: observer.progress)
            observer.ready(gradients.layers[index].range)
            observer.progress()
        }
        if !accumulateTokens { gradients.wordEmbeddings.elements.fill(0) }
        embedBackward(dropouts, gradients, accumulate: accumulate)
        observer.ready(gradients.embeddingRange)
    }

    private func layer(_ index: Int, _ dropouts: ModelDropouts) -> EncoderLayer<E> {
        EncoderLayer(
            configuration: configuration, executor: executor, tensors: tensors.layers[index],
            activations: activations.layers[index], batch: batch,
            dropouts: dropouts.layers[index], scratch: activations.attention)
    }

    private func embedBackward(
        _ dropouts: ModelDropouts, _ gradients: EncoderTensors, accumulate: Bool
    ) {
        let hidden = flow.hidden.rows(batch.tokens)
        if dropouts.embeddings.isActive {
            executor.dropout(hidden, dropouts.embeddings, rows: batch.randomRows, into: hidden)
        }
        executor.layerNormBackward(
            input: embeddingSum, tensors.embeddingNorm,
            statistics: activations.embeddingStatistics.rows(batch.tokens), gradient: hidden,
            parameterGradients: gradients.embeddingNorm, accumulate: accumulate)
        if !accumulate { gradients.positionAndSegmentEmbeddings.fill(0) }
        executor.embedBackward(batch.indices, gradient: hidden, tables: gradients.embeddings)
    }
}

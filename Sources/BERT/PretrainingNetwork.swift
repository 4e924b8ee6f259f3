import Kernels
import Tensors

/// The forward and backward pass over the batch at hand, whatever the type of the activations.
protocol PretrainingNetwork {
    /// Bytes of the activations and their gradients.
    var memoryBytes: Int { get }
    /// Losses and hits of each sequence, without dropout.
    func evaluate() -> [SequenceOutcome]
    /// The same with dropout, and the gradients.
    func train(
        scale: ObjectiveScale, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> [SequenceOutcome]
    /// The input of layer `index`, or the last layer's output: [T, N].
    func hiddenStates(_ index: Int) -> [Float]
    /// [B, N]
    var pooledOutputs: [Float] { get }
    /// [B, 2]
    var nextSentenceLogits: [Float] { get }
    /// [P, V]
    var maskedLogits: [Float] { get }
}

/// What a network is made of besides its activations.
struct NetworkParts {
    let configuration: BERTConfiguration
    let executor: KernelExecutor
    let capacity: BatchCapacity
    let tensors: PretrainingTensors
    let gradientTensors: PretrainingTensors?
    let batch: PretrainingBatch
    let retention: Retention
}

/// The network with activations, and gradients to them, of type `E`.
struct TypedNetwork<E: TensorElement>: PretrainingNetwork {
    private let parts: NetworkParts
    private let activations: EncoderActivations<E>
    private let headActivations: HeadActivations<E>

    private var configuration: BERTConfiguration { parts.configuration }
    private var executor: KernelExecutor { parts.executor }
    private var tensors: PretrainingTensors { parts.tensors }
    private var batch: PretrainingBatch { parts.batch }

    init(_ parts: NetworkParts) {
        self.parts = parts
        activations = EncoderActivations(
            parts.configuration, capacity: parts.capacity, threads: parts.executor.team.count,
            retention: parts.retention)
        headActivations = HeadActivations(
            parts.configuration, capacity: parts.capacity,
            training: parts.retention != .inference)
    }

    var memoryBytes: Int {
        Self.memoryBytes(
            configuration, capacity: parts.capacity, threads: executor.team.count,
            retention: parts.retention)
    }

    /// Bytes of the activations and their gradients, before they are there.
    static func memoryBytes(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, threads: Int,
        retention: Retention
    ) -> Int {
        let (tokens, masked) = (capacity.tokens, capacity.masked)
        let (size, layers) = (configuration.hiddenSize, configuration.layers)
        let training = retention != .inference
        // For inference a layer keeps neither its output nor what the activation was given.
        let layer = (training ? 7 : 6) * size + (training ? 2 : 1) * configuration.intermediateSize
        let kept =
            switch retention {
            case .inference: layer + size
            case .training: layers * (layer + size)
            case .recomputation: layer + layers * size
            }
        let flow = training ? 6 * size + configuration.intermediateSize : 0
        let elements = tokens * (2 * size + kept + flow) + (training ? 5 : 4) * masked * size
        let ownSums = retention == .training ? layers : 1
        let area = capacity.sequenceLength * capacity.sequenceLength
        let floats =
            tokens * configuration.heads * ownSums
            + area * threads * (training ? 2 : 1)
            + min(decodedAtOnce, masked) * (configuration.vocabularySize + (training ? size : 0))
        return elements * MemoryLayout<E>.stride + floats * MemoryLayout<Float>.stride
    }

    func evaluate() -> [SequenceOutcome] {
        forward(ModelDropouts(configuration, seed: nil))
        let heads = heads
        heads.evaluate(input(of: configuration.layers))
        return heads.outcomes()
    }

    func train(
        scale: ObjectiveScale, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> [SequenceOutcome] {
        guard let gradients = parts.gradientTensors, let flow = activations.gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        let dropouts = ModelDropouts(configuration, seed: seed)
        forward(dropouts)
        let heads = heads
        heads.train(
            input(of: configuration.layers), scale: scale, gradients: gradients,
            accumulate: accumulate, hiddenGradient: flow.hidden.rows(batch.tokens))
        observer.ready(gradients.headRange)
        observer.progress()
        for index in (0..<configuration.layers).reversed() {
            let layer = layer(index, dropouts)
            // The last layer's activations are still there.
            if parts.retention == .recomputation && index < configuration.layers - 1 {
                layer.forward(input(of: index))
            }
            layer.backward(
                input: input(of: index), flow: flow, gradients: gradients.layers[index],
                accumulate: accumulate, progress: observer.progress)
            observer.ready(gradients.layers[index].range)
            observer.progress()
        }
        embedBackward(dropouts, flow, gradients, accumulate: accumulate)
        observer.ready(gradients.embeddingRange)
        return heads.outcomes()
    }

    func hiddenStates(_ index: Int) -> [Float] { numbers(input(of: index)) }

    var pooledOutputs: [Float] { numbers(headActivations.pooled.rows(batch.sequences)) }

    var nextSentenceLogits: [Float] { numbers(headActivations.nextLogits.rows(batch.sequences)) }

    var maskedLogits: [Float] {
        precondition(batch.masked <= decodedAtOnce, "earlier logits are overwritten")
        return numbers(headActivations.logits.rows(batch.masked))
    }

    private func numbers<N: TensorElement>(_ matrix: Matrix<N>) -> [Float] {
        matrix.elements.buffer.map(\.float)
    }

    private func input(of index: Int) -> Matrix<E> {
        activations.input(of: index).rows(batch.tokens)
    }

    private var heads: PretrainingHeads<E> {
        PretrainingHeads(
            configuration: configuration, executor: executor, tensors: tensors,
            activations: headActivations, batch: batch)
    }

    private func layer(_ index: Int, _ dropouts: ModelDropouts) -> EncoderLayer<E> {
        EncoderLayer(
            configuration: configuration, executor: executor, tensors: tensors.layers[index],
            activations: activations.layers[index], batch: batch,
            dropouts: dropouts.layers[index], scratch: activations.attention)
    }

    private func forward(_ dropouts: ModelDropouts) {
        let count = batch.tokens
        let sum = activations.embeddingSum.rows(count)
        let output = activations.embeddings.rows(count)
        executor.embed(batch.indices, tensors.embeddings, into: sum)
        executor.layerNorm(
            sum, tensors.embeddingNorm, epsilon: Float(configuration.layerNormEpsilon),
            into: output, statistics: activations.embeddingStatistics.rows(count))
        if dropouts.embeddings.isActive {
            executor.dropout(output, dropouts.embeddings, rows: batch.randomRows, into: output)
        }
        for index in 0..<configuration.layers {
            layer(index, dropouts).forward(input(of: index))
        }
    }

    private func embedBackward(
        _ dropouts: ModelDropouts, _ flow: EncoderGradients<E>, _ gradients: PretrainingTensors,
        accumulate: Bool
    ) {
        let hidden = flow.hidden.rows(batch.tokens)
        if dropouts.embeddings.isActive {
            executor.dropout(hidden, dropouts.embeddings, rows: batch.randomRows, into: hidden)
        }
        executor.layerNormBackward(
            input: activations.embeddingSum.rows(batch.tokens), tensors.embeddingNorm,
            statistics: activations.embeddingStatistics.rows(batch.tokens), gradient: hidden,
            parameterGradients: gradients.embeddingNorm, accumulate: accumulate)
        // The token embedding's gradient already holds the decoder's share.
        if !accumulate { gradients.positionAndSegmentEmbeddings.fill(0) }
        executor.embedBackward(batch.indices, gradient: hidden, tables: gradients.embeddings)
    }
}

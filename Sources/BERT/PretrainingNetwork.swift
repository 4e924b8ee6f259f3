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
    /// The outcome of each masked token in the last pass.
    var tokenOutcomes: [TokenOutcome] { get }
    /// The module whose output, in the last pass for training, was the first not finite; `seed` is
    /// that of its dropout.
    func firstNotFiniteOutput(seed: UInt64) -> String
    /// The input of layer `index`, or the last layer's output: [T, N].
    func hiddenStates(_ index: Int) -> [Float]
    /// [B, N]
    var pooledOutputs: [Float] { get }
    /// [B, 2]
    var nextSentenceLogits: [Float] { get }
    /// [P, V]
    var maskedLogits: [Float] { get }
}

/// The parts of a pre-training network other than its activations.
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
    private let encoder: Encoder<E>
    private let headActivations: HeadActivations<E>

    private var batch: PretrainingBatch { parts.batch }

    init(_ parts: NetworkParts) {
        self.parts = parts
        encoder = Encoder(
            parts.configuration, executor: parts.executor, capacity: parts.capacity,
            tensors: parts.tensors.encoder, gradients: parts.gradientTensors?.encoder,
            batch: parts.batch.inputs, retention: parts.retention)
        headActivations = HeadActivations(
            parts.configuration, capacity: parts.capacity,
            training: parts.retention != .inference)
    }

    var memoryBytes: Int {
        Self.memoryBytes(
            parts.configuration, capacity: parts.capacity, threads: parts.executor.team.count,
            retention: parts.retention)
    }

    /// Bytes of the activations and their gradients, before they are there.
    static func memoryBytes(
        _ configuration: BERTConfiguration, capacity: BatchCapacity, threads: Int,
        retention: Retention
    ) -> Int {
        let (size, masked) = (configuration.hiddenSize, capacity.masked)
        let training = retention != .inference
        let elements = (training ? 5 : 4) * masked * size
        let floats =
            min(decodedAtOnce, masked) * (configuration.vocabularySize + (training ? size : 0))
        return Encoder<E>.memoryBytes(
            configuration, capacity: capacity, threads: threads, retention: retention)
            + elements * MemoryLayout<E>.stride + floats * MemoryLayout<Float>.stride
    }

    func evaluate() -> [SequenceOutcome] {
        encoder.forward(ModelDropouts(parts.configuration, seed: nil))
        let heads = heads
        heads.evaluate(encoder.output)
        return heads.outcomes()
    }

    var tokenOutcomes: [TokenOutcome] { heads.tokenOutcomes() }

    func train(
        scale: ObjectiveScale, seed: UInt64, accumulate: Bool, observer: GradientObserver
    ) -> [SequenceOutcome] {
        guard let gradients = parts.gradientTensors else {
            preconditionFailure("a model for inference has no gradients")
        }
        let dropouts = ModelDropouts(parts.configuration, seed: seed)
        encoder.forward(dropouts)
        let heads = heads
        heads.train(
            encoder.output, scale: scale, gradients: gradients, accumulate: accumulate,
            hiddenGradient: encoder.outputGradient)
        observer.ready(gradients.headRange)
        observer.progress()
        // The token embedding's gradient already holds the decoder's share.
        encoder.backward(
            dropouts, accumulate: accumulate, accumulateTokens: true, observer: observer)
        return heads.outcomes()
    }

    func firstNotFiniteOutput(seed: UInt64) -> String {
        encoder.firstNotFiniteOutput(ModelDropouts(parts.configuration, seed: seed))
            ?? heads.firstNotFiniteOutput(encoder.output)
    }

    func hiddenStates(_ index: Int) -> [Float] { numbers(encoder.input(of: index)) }

    var pooledOutputs: [Float] { numbers(headActivations.pooled.rows(batch.sequences)) }

    var nextSentenceLogits: [Float] { numbers(headActivations.nextLogits.rows(batch.sequences)) }

    var maskedLogits: [Float] {
        precondition(batch.masked <= decodedAtOnce, "earlier logits are overwritten")
        return numbers(headActivations.logits.rows(batch.masked))
    }

    private func numbers<N: TensorElement>(_ matrix: Matrix<N>) -> [Float] {
        matrix.elements.buffer.map(\.float)
    }

    private var heads: PretrainingHeads<E> {
        PretrainingHeads(
            configuration: parts.configuration, executor: parts.executor, tensors: parts.tensors,
            activations: headActivations, batch: batch)
    }
}

public import Kernels
public import Tensors

/// BERT with its two pre-training heads: parameters, gradients and the passes over batches.
///
/// It knows no file, rank or text. All memory is allocated when it is made; a step allocates
/// nothing that grows with the model. The objective and every formula are those of Google's BERT
/// (Devlin et al., 2019) as Hugging Face's `BertForPreTraining` computes them.
public final class BERTForPreTraining {
    /// The purpose of a model, which decides the memory it takes.
    public enum Use: Sendable {
        /// Forward and backward, with gradients.
        case training
        /// Forward only: no gradients, and one layer's activations.
        case inference
    }

    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// The place of each parameter in `parameters` and `gradients`.
    public let layout: ParameterLayout
    /// All parameters.
    public let parameters: Block<Float>
    /// The gradients of all parameters; empty for inference.
    public let gradients: Block<Float>
    /// Runs the kernels.
    public let executor: KernelExecutor
    /// The largest batch that fits.
    public let capacity: BatchCapacity

    /// The storage type of activations and their gradients.
    public let precision: Precision

    private let network: any PretrainingNetwork
    private let batch: PretrainingBatch

    /// A model whose parameters are all 0: initialize or read them next.
    ///
    /// - Parameters:
    ///   - precision: how activations are stored and factors of products rounded; parameters,
    ///     statistics, losses and all sums are fp32.
    ///   - recomputes: whether the backward pass computes each layer's activations anew, which
    ///     takes a third more time and saves most of the activations' memory.
    /// - Precondition: `configuration.problem` is `nil`, and sequences of the capacity's length
    ///   have positions.
    public init(
        _ configuration: BERTConfiguration, for use: Use, capacity: BatchCapacity,
        executor: KernelExecutor, precision: Precision = .fp32, recomputes: Bool = false
    ) {
        precondition(configuration.problem == nil, "impossible configuration")
        precondition(capacity.sequenceLength <= configuration.maximumPositions, "too few positions")
        self.configuration = configuration
        self.executor = executor
        self.capacity = capacity
        self.precision = precision
        layout = .pretraining(configuration)
        parameters = Block(count: layout.count)
        gradients = Block(count: use == .training ? layout.count : 0)
        batch = PretrainingBatch(capacity: capacity)
        let retention = Retention(use, recomputes: recomputes)
        let parts = NetworkParts(
            configuration: configuration, executor: executor, capacity: capacity,
            tensors: PretrainingTensors(configuration, layout, parameters.vector),
            gradientTensors: use == .training
                ? PretrainingTensors(configuration, layout, gradients.vector) : nil,
            batch: batch, retention: retention)
        network =
            switch precision {
            case .fp32: TypedNetwork<Float>(parts)
            case .bf16: TypedNetwork<BFloat16>(parts)
            case .fp16: TypedNetwork<Float16>(parts)
            }
    }

    /// Bytes of the largest blocks that the model took when it was made: parameters, gradients
    /// and activations.
    public var memoryBytes: Int {
        (parameters.count + gradients.count) * MemoryLayout<Float>.stride + network.memoryBytes
            + executor.scratchBytes
    }

    /// Bytes of the largest blocks that a model will take: what `memoryBytes` says, before anything
    /// is taken and without the executor's part.
    ///
    /// - Precondition: `configuration.problem` is `nil`.
    public static func memoryBytes(
        _ configuration: BERTConfiguration, for use: Use, capacity: BatchCapacity, threads: Int,
        precision: Precision = .fp32, recomputes: Bool = false
    ) -> Int {
        let parameters = ParameterLayout.pretraining(configuration).count
        let retention = Retention(use, recomputes: recomputes)
        let (float, half) = (TypedNetwork<Float>.self, TypedNetwork<Float16>.self)
        let network =
            precision == .fp32
            ? float.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: retention)
            : half.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: retention)
        return parameters * (use == .training ? 2 : 1) * MemoryLayout<Float>.stride + network
    }

    /// Sets the parameters to the initial values of `seed`.
    public func initialize(seed: UInt64) {
        layout.initialize(parameters, seed: seed, range: configuration.initializerRange)
    }

    /// Losses and hits of each of `sequences`, without dropout.
    ///
    /// The result for a sequence does not depend on the other sequences, to the last bit.
    public func evaluate(_ sequences: some Collection<PretrainingSequence>) -> [SequenceOutcome] {
        batch.assign(sequences, for: configuration)
        return network.evaluate()
    }

    /// The outcome of each masked token in the last pass, one sequence after another.
    public var tokenOutcomes: [TokenOutcome] { network.tokenOutcomes }

    /// One forward and backward pass over a micro-batch.
    ///
    /// - Parameters:
    ///   - scale: turns sums of losses into the objective over the global batch.
    ///   - seed: addresses the dropout masks.
    ///   - accumulate: whether gradients are added to those of earlier micro-batches.
    ///   - observer: called with each range of final gradients, from the end of the block to its start;
    ///     give one with the last micro-batch only.
    /// - Precondition: the model was made for training.
    public func train(
        _ sequences: some Collection<PretrainingSequence>, scale: ObjectiveScale, seed: UInt64,
        accumulate: Bool, observer: GradientObserver = GradientObserver()
    ) -> [SequenceOutcome] {
        batch.assign(sequences, for: configuration)
        return network.train(
            scale: scale, seed: seed, accumulate: accumulate, observer: observer)
    }

    /// Of the last call of `train`, whose loss was not finite: the module (by Hugging Face's name)
    /// whose output was the first, in the order of the forward pass, that was not finite. Computes
    /// parts of the pass again; `seed` is what that call was given.
    package func firstNotFiniteOutput(seed: UInt64) -> String {
        network.firstNotFiniteOutput(seed: seed)
    }

    /// The input of layer `index`, or the last layer's output: [T, N]. A model for inference has
    /// only the last.
    package func hiddenStates(_ index: Int) -> [Float] { network.hiddenStates(index) }

    /// The pooled outputs [B, N] of the last evaluation.
    package var pooledOutputs: [Float] { network.pooledOutputs }

    /// The next-sentence logits [B, 2] of the last evaluation.
    package var nextSentenceLogits: [Float] { network.nextSentenceLogits }

    /// The masked tokens' logits [P, V] of the last evaluation.
    ///
    /// - Precondition: it had no more predictions than are decoded at once.
    package var maskedLogits: [Float] { network.maskedLogits }
}

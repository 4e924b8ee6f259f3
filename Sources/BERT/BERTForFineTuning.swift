public import Kernels
public import Tensors

/// BERT with a task's head: parameters, gradients and the passes over batches.
///
/// Body and kernels are those of `BERTForPreTraining`; parameters are named as in Hugging Face's
/// `BertForSequenceClassification`, `BertForMultipleChoice`, `BertForTokenClassification` and
/// `BertForQuestionAnswering`. It knows no file, rank or text.
public final class BERTForFineTuning {
    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// The head on top of the encoder.
    public let head: TaskHead
    /// The place of each parameter in `parameters` and `gradients`.
    public let layout: ParameterLayout
    /// All parameters.
    public let parameters: Block<Float>
    /// The gradients of all parameters; empty for inference.
    public let gradients: Block<Float>
    /// The largest batch that fits.
    public let capacity: BatchCapacity

    private let network: any TaskNetwork
    private let batch: TaskBatch
    private let gradientRanges: [Range<Int>]

    /// A model whose parameters are all 0: initialize or read them next.
    ///
    /// - Parameters:
    ///   - headDropout: dropout of the last layer's input; spans have none.
    ///   - precision: how activations are stored and factors of products rounded; parameters,
    ///     statistics, losses and all sums are fp32.
    /// - Precondition: `configuration.problem` is nil, and sequences of the capacity's length have
    ///   positions.
    public init(
        _ configuration: BERTConfiguration, head: TaskHead, for use: BERTForPreTraining.Use,
        capacity: BatchCapacity, executor: KernelExecutor, headDropout: Double = 0.1,
        precision: Precision = .fp32
    ) {
        precondition(configuration.problem == nil, "impossible configuration")
        precondition(capacity.sequenceLength <= configuration.maximumPositions, "too few positions")
        precondition(head.outputs > 0, "a head without outputs")
        self.configuration = configuration
        self.head = head
        self.capacity = capacity
        let layout = ParameterLayout.fineTuning(configuration, head)
        self.layout = layout
        parameters = Block(count: layout.count)
        gradients = Block(count: use == .training ? layout.count : 0)
        batch = TaskBatch(capacity: capacity, head: head)
        let gradientTensors =
            use == .training
            ? FineTuningTensors(configuration, head, layout, gradients.vector) : nil
        let parts = TaskNetworkParts(
            configuration: configuration, head: head, headDropout: headDropout,
            executor: executor, capacity: capacity,
            tensors: FineTuningTensors(configuration, head, layout, parameters.vector),
            gradients: gradientTensors, batch: batch,
            retention: use == .training ? .training : .inference)
        network =
            switch precision {
            case .fp32: TypedTaskNetwork<Float>(parts)
            case .bf16: TypedTaskNetwork<BFloat16>(parts)
            case .fp16: TypedTaskNetwork<Float16>(parts)
            }
        let tensors = parts.tensors
        gradientRanges =
            [tensors.headRange] + tensors.encoder.layers.reversed().map(\.range)
            + [tensors.encoder.embeddingRange]
    }

    /// Bytes of parameters, gradients and activations.
    public var memoryBytes: Int {
        (parameters.count + gradients.count) * MemoryLayout<Float>.stride + network.memoryBytes
    }

    /// Bytes of parameters, gradients and activations of a model for training, before any of them is
    /// taken; some for the head are counted that it may not need.
    ///
    /// - Precondition: `configuration.problem` is nil.
    public static func trainingBytes(
        _ configuration: BERTConfiguration, head: TaskHead, capacity: BatchCapacity, threads: Int,
        precision: Precision
    ) -> Int {
        let float = MemoryLayout<Float>.stride
        let activations =
            precision == .fp32
            ? Encoder<Float>.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: .training)
            : Encoder<Float16>.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: .training)
        let rows = head.usesPooler ? capacity.sequences : capacity.tokens
        return 2 * ParameterLayout.fineTuning(configuration, head).count * float
            + activations + rows * (4 * configuration.hiddenSize + 2 * head.outputs) * float
    }

    /// Sets all parameters to the initial values of `seed`, as pre-training does.
    public func initialize(seed: UInt64) {
        layout.initialize(parameters, seed: seed, range: configuration.initializerRange)
    }

    /// The logits of the head, without dropout, for each input of the examples in order: its `outputs`
    /// logits, or those of each of its tokens, one token after another.
    ///
    /// The result for an input does not depend on the others, to the last bit.
    ///
    /// - Parameter progress: called after each layer.
    public func predict(
        _ examples: some Collection<TaskExample>, progress: () -> Void = {}
    ) -> [[Float]] {
        batch.assign(examples, for: configuration, training: false)
        return network.predict(progress: progress)
    }

    /// One forward and backward pass over a micro-batch. Without examples all gradients are 0, and
    /// the observer is told the same ranges.
    ///
    /// - Parameters:
    ///   - scale: what the sum of the losses is multiplied by for the gradient: the loss scale
    ///     divided by the terms of the global batch.
    ///   - seed: addresses the dropout masks.
    ///   - accumulate: whether gradients are added to those of earlier micro-batches.
    ///   - observer: is told which gradients are final, from the end of the block to its start;
    ///     give one with the last micro-batch only.
    /// - Precondition: the model was made for training.
    public func train(
        _ examples: some Collection<TaskExample>, scale: Float, seed: UInt64, accumulate: Bool,
        observer: GradientObserver = GradientObserver()
    ) -> TaskOutcome {
        guard !examples.isEmpty else {
            if !accumulate { gradients.vector.fill(0) }
            for range in gradientRanges { observer.ready(range) }
            return TaskOutcome()
        }
        batch.assign(examples, for: configuration, training: true)
        return network.train(scale: scale, seed: seed, accumulate: accumulate, observer: observer)
    }
}

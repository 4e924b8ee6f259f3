public import Kernels
public import Tensors

/// BERT with a task head.
///
/// Parameters are named as in Hugging Face's `BertForSequenceClassification`,
/// `BertForMultipleChoice`, `BertForTokenClassification` and `BertForQuestionAnswering`.
public final class BERTForFineTuning: BERTModel {
    /// Task head on top of the encoder.
    public let head: TaskHead

    private let network: any Network<Float, [[Float]], TaskOutcome>
    private let batch: TaskBatch
    private let gradientRanges: [Range<Int>]

    /// Creates a model whose parameters are all 0; initialize or load them next.
    ///
    /// - Parameters:
    ///   - headDropout: dropout probability on the input of the last layer; span heads have none.
    ///   - precision: element type of stored activations and of the factors of products;
    ///     parameters, statistics, losses and all sums are fp32.
    /// - Precondition: `configuration.problem` is nil, and the position embeddings cover the
    ///   capacity's sequence length.
    public init(
        _ configuration: BERTConfiguration, head: TaskHead, for use: Use, capacity: BatchCapacity,
        executor: KernelExecutor, headDropout: Double = 0.1, precision: Precision = .fp32
    ) {
        precondition(head.outputs > 0, "a head without outputs")
        let parts = ModelParts(
            configuration, layout: .fineTuning(configuration, head), for: use, capacity: capacity,
            executor: executor, precision: precision)
        let batch = TaskBatch(capacity: capacity, head: head)
        func make<E: TensorElement>(_: E.Type) -> any Network<Float, [[Float]], TaskOutcome> {
            TypedNetwork(
                parts,
                heads: TaskHeads<E>(parts, head: head, headDropout: headDropout, batch: batch),
                batch: batch.inputs)
        }
        network = make(precision.element)
        self.head = head
        self.batch = batch
        let encoder = EncoderTensors(configuration, parts.tensors)
        gradientRanges =
            [TaskTensors(head, parts.tensors).range] + encoder.layers.reversed().map(\.range)
            + [encoder.embeddingRange]
        super.init(parts)
    }

    /// Estimates the bytes of parameters, gradients and activations of a training model, before any
    /// of them is allocated. The estimate includes some buffers that the head may not need.
    ///
    /// - Precondition: `configuration.problem` is nil.
    public static func trainingBytes(
        _ configuration: BERTConfiguration, head: TaskHead, capacity: BatchCapacity, threads: Int,
        precision: Precision
    ) -> Int {
        func activations<E: TensorElement>(_: E.Type) -> Int {
            Encoder<E>.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: .training)
        }
        let rows = head.usesPooler ? capacity.sequences : capacity.tokens
        return parameterBytes(.fineTuning(configuration, head), for: .training)
            + activations(precision.element)
            + rows * (4 * configuration.hiddenSize + 2 * head.outputs) * MemoryLayout<Float>.stride
    }

    /// Computes the head's logits, without dropout, for each input of the examples in order:
    /// `outputs` logits per input, or per token, token after token.
    ///
    /// The result for an input does not depend on the others, down to the last bit.
    ///
    /// - Parameter progress: called after each layer.
    public func predict(
        _ examples: some Collection<TaskExample>, progress: () -> Void = {}
    ) -> [[Float]] {
        batch.assign(examples, for: configuration, training: false)
        return network.predict(progress: progress)
    }

    /// Runs one forward and backward pass over a micro-batch. Without examples, all gradients are 0
    /// and the observer is called with the same ranges.
    ///
    /// - Parameters:
    ///   - scale: factor on the sum of the losses: the loss scale divided by the number of loss
    ///     terms in the global batch.
    ///   - seed: seed of the dropout masks.
    ///   - accumulate: whether gradients are added to those of earlier micro-batches.
    ///   - observer: called with each range of final gradients, from the end of the block to its
    ///     start; pass one with the last micro-batch only.
    /// - Precondition: the model was created for training.
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

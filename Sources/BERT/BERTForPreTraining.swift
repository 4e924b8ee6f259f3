public import Kernels
public import Samples
public import Tensors

/// BERT with its two pre-training heads.
///
/// The objective and every formula are those of Google's BERT (Devlin et al., 2019), as computed by
/// Hugging Face's `BertForPreTraining`.
public final class BERTForPreTraining: BERTModel {
    private typealias PretrainingNetwork = Network<
        ObjectiveScale, [SequenceOutcome], [SequenceOutcome]
    >

    private let network: any PretrainingNetwork
    private let heads: any PretrainingOutputs
    private let batch: PretrainingBatch

    /// Creates a model whose parameters are all 0; initialize or load them next.
    ///
    /// - Parameters:
    ///   - precision: element type of stored activations and of the factors of products;
    ///     parameters, statistics, losses and all sums are fp32.
    ///   - recomputes: whether the backward pass recomputes each layer's activations, which takes a
    ///     third more time and saves most of the activation memory.
    /// - Precondition: `configuration.problem` is `nil`, and the position embeddings cover the
    ///   capacity's sequence length.
    public init(
        _ configuration: BERTConfiguration, for use: Use, capacity: BatchCapacity,
        executor: KernelExecutor, precision: Precision = .fp32, recomputes: Bool = false
    ) {
        let parts = ModelParts(
            configuration, layout: .pretraining(configuration), for: use, capacity: capacity,
            executor: executor, precision: precision, recomputes: recomputes)
        let batch = PretrainingBatch(capacity: capacity)
        func make<E: TensorElement>(
            _: E.Type
        ) -> (any PretrainingNetwork, any PretrainingOutputs) {
            let heads = PretrainingHeads<E>(parts, batch: batch)
            return (TypedNetwork(parts, heads: heads, batch: batch.inputs), heads)
        }
        (network, heads) = make(precision.element)
        self.batch = batch
        super.init(parts)
    }

    /// Estimates the bytes of the largest blocks that a new model allocates: parameters, gradients
    /// and activations, without the executor's share.
    ///
    /// - Precondition: `configuration.problem` is `nil`.
    public static func memoryBytes(
        _ configuration: BERTConfiguration, for use: Use, capacity: BatchCapacity, threads: Int,
        precision: Precision = .fp32, recomputes: Bool = false
    ) -> Int {
        let retention = Retention(use, recomputes: recomputes)
        func activations<E: TensorElement>(_: E.Type) -> Int {
            Encoder<E>.memoryBytes(
                configuration, capacity: capacity, threads: threads, retention: retention)
                + PretrainingActivations<E>.memoryBytes(
                    configuration, capacity: capacity, training: use == .training)
        }
        return parameterBytes(.pretraining(configuration), for: use)
            + activations(precision.element)
    }

    /// Bytes of the largest blocks that the model allocated, including the executor's.
    public var memoryBytes: Int {
        Self.memoryBytes(
            configuration, for: use, capacity: capacity, threads: executor.team.count,
            precision: precision,
            recomputes: retention == .recomputation) + executor.scratchBytes
    }

    /// Computes the losses and hits of each of `sequences`, without dropout.
    ///
    /// The result for a sequence does not depend on the other sequences, down to the last bit.
    public func evaluate(_ sequences: some Collection<PretrainingSample>) -> [SequenceOutcome] {
        batch.assign(sequences, for: configuration)
        return network.predict(progress: {})
    }

    /// Outcome of each masked token in the last pass, sequence after sequence.
    public var tokenOutcomes: [TokenOutcome] { heads.tokenOutcomes() }

    /// Runs one forward and backward pass over a micro-batch.
    ///
    /// - Parameters:
    ///   - scale: factors that turn sums of losses into the objective over the global batch.
    ///   - seed: seed of the dropout masks.
    ///   - accumulate: whether gradients are added to those of earlier micro-batches.
    ///   - observer: called with each range of final gradients, from the end of the block to its
    ///     start; pass one with the last micro-batch only.
    /// - Precondition: the model was created for training.
    public func train(
        _ sequences: some Collection<PretrainingSample>, scale: ObjectiveScale, seed: UInt64,
        accumulate: Bool, observer: GradientObserver = GradientObserver()
    ) -> [SequenceOutcome] {
        batch.assign(sequences, for: configuration)
        return network.train(
            scale: scale, seed: seed, accumulate: accumulate, observer: observer)
    }

    /// Finds the module (by Hugging Face's name) that was the first in the forward pass of the last
    /// call of `train` to output a non-finite value. Recomputes parts of that pass; `seed` is the
    /// seed passed to that call.
    ///
    /// - Precondition: the loss of that call was not finite.
    package func firstNotFiniteOutput(seed: UInt64) -> String {
        if let module = network.firstNotFiniteOutput(seed: seed) { return module }
        _ = network.predictAgain()
        return heads.firstNotFiniteOutput
    }

    /// Returns the input of layer `index`, or the last layer's output: [T, N]. A model for
    /// inference keeps only the last.
    package func hiddenStates(_ index: Int) -> [Float] { network.hiddenStates(index) }

    /// Pooled outputs [B, N] of the last evaluation.
    package var pooledOutputs: [Float] { heads.pooledOutputs }

    /// Next-sentence logits [B, 2] of the last evaluation.
    package var nextSentenceLogits: [Float] { heads.nextSentenceLogits }

    /// Logits [P, V] of the masked tokens in the last evaluation.
    ///
    /// - Precondition: the evaluation had no more predictions than one decoder chunk.
    package var maskedLogits: [Float] { heads.maskedLogits }
}

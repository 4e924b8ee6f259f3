public import Kernels
public import Tensors

/// BERT with its two pre-training heads: parameters, activations, forward and backward pass.
///
/// It knows no file, rank or text. All memory is allocated when it is made; a step allocates
/// nothing that grows with the model. The objective and every formula are those of Google's BERT
/// (Devlin et al., 2019) as Hugging Face's `BertForPreTraining` computes them.
public final class BERTForPreTraining {
    /// What a model is made for.
    public enum Use: Sendable {
        /// Forward and backward, with gradients.
        case training
        /// Forward only: no gradients, and one layer's activations.
        case inference
    }

    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// Where each parameter lies in `parameters` and `gradients`.
    public let layout: ParameterLayout
    /// All parameters.
    public let parameters: Block<Float>
    /// The gradients of all parameters; empty for inference.
    public let gradients: Block<Float>
    /// Runs the kernels.
    public let executor: KernelExecutor
    /// How large a batch may be.
    public let capacity: BatchCapacity

    let tensors: PretrainingTensors
    private let gradientTensors: PretrainingTensors?
    private let activations: EncoderActivations
    private let headActivations: HeadActivations
    private let batch: PretrainingBatch

    /// A model whose parameters are all 0: initialize or read them next.
    ///
    /// - Precondition: `configuration.problem` is `nil`, and sequences of the capacity's length
    ///   have positions.
    public init(
        _ configuration: BERTConfiguration, for use: Use, capacity: BatchCapacity,
        executor: KernelExecutor
    ) {
        precondition(configuration.problem == nil, "impossible configuration")
        precondition(capacity.sequenceLength <= configuration.maximumPositions, "too few positions")
        self.configuration = configuration
        self.executor = executor
        self.capacity = capacity
        layout = .pretraining(configuration)
        parameters = Block(count: layout.count)
        gradients = Block(count: use == .training ? layout.count : 0)
        tensors = PretrainingTensors(configuration, layout, parameters.vector)
        gradientTensors =
            use == .training
            ? PretrainingTensors(configuration, layout, gradients.vector) : nil
        activations = EncoderActivations(
            configuration, capacity: capacity, threads: executor.team.count,
            training: use == .training)
        headActivations = HeadActivations(
            configuration, capacity: capacity, training: use == .training)
        batch = PretrainingBatch(capacity: capacity)
    }

    /// Bytes of the largest blocks that the model took when it was made: parameters, gradients
    /// and activations.
    public var memoryBytes: Int {
        let tokens = capacity.tokens
        let size = configuration.hiddenSize
        let training = gradients.count > 0
        // For inference a layer keeps neither its output nor what the activation was given.
        let layer =
            (training ? 8 : 7) * size + configuration.heads
            + (training ? 2 : 1) * configuration.intermediateSize
        let flow = training ? 6 * size + configuration.intermediateSize : 0
        let kept = training ? configuration.layers : 1
        let area = capacity.sequenceLength * capacity.sequenceLength * executor.team.count
        let head =
            (training ? 5 : 4) * capacity.masked * size
            + min(HeadActivations.chunk, capacity.masked) * configuration.vocabularySize
        let elements =
            parameters.count + gradients.count + tokens * (2 * size + kept * layer + flow)
            + area * (training ? 2 : 1) + head
        return elements * MemoryLayout<Float>.stride + executor.scratchBytes
    }

    /// Sets the parameters to the initial values of `seed`.
    public func initialize(seed: UInt64) {
        layout.initialize(parameters, seed: seed, range: configuration.initializerRange)
    }

    /// Losses and hits of each of `sequences`, without dropout.
    ///
    /// What it says of a sequence does not depend on the other sequences, to the last bit.
    public func evaluate(_ sequences: some Collection<PretrainingSequence>) -> [SequenceOutcome] {
        batch.assign(sequences, for: configuration)
        let dropouts = ModelDropouts(configuration, seed: nil)
        forward(dropouts)
        let heads = heads
        heads.evaluate(hiddenStates(configuration.layers))
        return heads.outcomes()
    }

    /// One forward and backward pass over a micro-batch.
    ///
    /// - Parameters:
    ///   - scale: turns sums of losses into the objective over the global batch.
    ///   - seed: addresses the dropout masks.
    ///   - accumulate: whether gradients are added to those of earlier micro-batches.
    ///   - observer: is told which gradients are final, from the end of the block to its start;
    ///     give one with the last micro-batch only.
    /// - Precondition: the model was made for training.
    public func train(
        _ sequences: some Collection<PretrainingSequence>, scale: ObjectiveScale, seed: UInt64,
        accumulate: Bool, observer: GradientObserver = GradientObserver()
    ) -> [SequenceOutcome] {
        guard let gradients = gradientTensors, let flow = activations.gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        batch.assign(sequences, for: configuration)
        let dropouts = ModelDropouts(configuration, seed: seed)
        forward(dropouts)
        let heads = heads
        heads.train(
            hiddenStates(configuration.layers), scale: scale, gradients: gradients,
            accumulate: accumulate, hiddenGradient: flow.hidden.rows(batch.tokens))
        observer.ready(gradients.headRange)
        observer.progress()
        for index in (0..<configuration.layers).reversed() {
            layer(index, dropouts).backward(
                input: hiddenStates(index), flow: flow, gradients: gradients.layers[index],
                accumulate: accumulate, progress: observer.progress)
            observer.ready(gradients.layers[index].range)
            observer.progress()
        }
        embedBackward(dropouts, flow, gradients, accumulate: accumulate)
        observer.ready(gradients.embeddingRange)
        return heads.outcomes()
    }

    /// The input of layer `index`, or the last layer's output: [T, N]. A model for inference has
    /// only the last.
    package func hiddenStates(_ index: Int) -> Matrix<Float> {
        activations.input(of: index).rows(batch.tokens)
    }

    /// The pooled outputs [B, N] of the last evaluation.
    package var pooledOutputs: Matrix<Float> { headActivations.pooled.rows(batch.sequences) }

    /// The next-sentence logits [B, 2] of the last evaluation.
    package var nextSentenceLogits: Matrix<Float> {
        headActivations.nextLogits.rows(batch.sequences)
    }

    /// The masked tokens' logits [P, V] of the last evaluation.
    ///
    /// - Precondition: it had no more predictions than are decoded at once.
    package var maskedLogits: Matrix<Float> {
        precondition(batch.masked <= HeadActivations.chunk, "earlier logits are overwritten")
        return headActivations.logits.rows(batch.masked)
    }

    private var heads: PretrainingHeads {
        PretrainingHeads(
            configuration: configuration, executor: executor, tensors: tensors,
            activations: headActivations, batch: batch)
    }

    private func layer(_ index: Int, _ dropouts: ModelDropouts) -> EncoderLayer {
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
            layer(index, dropouts).forward(hiddenStates(index))
        }
    }

    private func embedBackward(
        _ dropouts: ModelDropouts, _ flow: EncoderGradients, _ gradients: PretrainingTensors,
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

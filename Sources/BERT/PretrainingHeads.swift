import Kernels
import Tensors

/// Predictions whose logits are in memory at once: [512, V] stays small however large the batch, and
/// the products stay large enough to be fast.
let decodedAtOnce = 512

/// The activations of both pre-training heads, for B sequences and P predictions of width N.
final class HeadActivations<E: TensorElement> {
    /// [B, N]: the first tokens, and their pooled outputs.
    let first: RowBlock<E>
    let pooled: RowBlock<E>
    /// [B, 2]: logits, which turn into gradients.
    let nextLogits: RowBlock<Float>
    /// [P, N]: masked tokens, dense output, activation, normalization.
    let masked: RowBlock<E>
    let transformInput: RowBlock<E>
    let transformOutput: RowBlock<E>
    let statistics: StatisticsBlock
    let normalized: RowBlock<E>
    /// [rows of a chunk, V]: logits, which turn into gradients.
    let logits: RowBlock<Float>
    /// [rows of a chunk, N], for training: the gradient to the decoder's input before it is rounded.
    /// A product as deep as the vocabulary does not fit the memory for sums of 16-bit results.
    let decodedGradient: RowBlock<Float>
    let maskedLosses: Block<Float>
    let maskedCorrect: Block<UInt8>
    let nextLosses: Block<Float>
    let nextCorrect: Block<UInt8>
    /// [P, N] and [B, N], for training.
    let maskedGradient: RowBlock<E>
    let firstGradient: RowBlock<E>

    init(_ configuration: BERTConfiguration, capacity: BatchCapacity, training: Bool) {
        let size = configuration.hiddenSize
        let (sequences, masked) = (capacity.sequences, capacity.masked)
        first = RowBlock(rows: sequences, columns: size)
        pooled = RowBlock(rows: sequences, columns: size)
        nextLogits = RowBlock(rows: sequences, columns: 2)
        self.masked = RowBlock(rows: masked, columns: size)
        transformInput = RowBlock(rows: masked, columns: size)
        transformOutput = RowBlock(rows: masked, columns: size)
        statistics = StatisticsBlock(rows: masked)
        normalized = RowBlock(rows: masked, columns: size)
        logits = RowBlock(
            rows: min(decodedAtOnce, masked), columns: configuration.vocabularySize)
        decodedGradient = RowBlock(rows: training ? min(decodedAtOnce, masked) : 0, columns: size)
        maskedLosses = Block(count: masked)
        maskedCorrect = Block(count: masked)
        nextLosses = Block(count: sequences)
        nextCorrect = Block(count: sequences)
        maskedGradient = RowBlock(rows: training ? masked : 0, columns: size)
        firstGradient = RowBlock(rows: training ? sequences : 0, columns: size)
    }
}

/// The masked-language-model and next-sentence heads over one batch. In training each runs
/// forward and backward in one go, since the losses' gradients need nothing else.
struct PretrainingHeads<E: TensorElement> {
    let configuration: BERTConfiguration
    let executor: KernelExecutor
    let tensors: PretrainingTensors
    let activations: HeadActivations<E>
    let batch: PretrainingBatch

    private var chunks: [Range<Int>] {
        stride(from: 0, to: batch.masked, by: decodedAtOnce).map {
            $0..<min($0 + decodedAtOnce, batch.masked)
        }
    }

    /// Losses and hits of both heads from the encoder's output [T, N].
    func evaluate(_ hidden: Matrix<E>) {
        nextSentence(hidden, scale: nil)
        transform(hidden)
        for chunk in chunks { decode(chunk, scale: nil) }
    }

    /// The same, and the gradients: to the heads' parameters and the token embedding (which the
    /// decoder shares), and to `hiddenGradient` [T, N], which is overwritten.
    func train(
        _ hidden: Matrix<E>, scale: ObjectiveScale, gradients: PretrainingTensors,
        accumulate: Bool, hiddenGradient: Matrix<E>
    ) {
        let nextSlopes = nextSentence(hidden, scale: scale.nextSentence)
        transform(hidden)
        decodeBackward(scale: scale.masked, gradients: gradients, accumulate: accumulate)
        hiddenGradient.elements.fill(E(0))
        transformBackward(
            gradients: gradients, accumulate: accumulate, hiddenGradient: hiddenGradient)
        nextSentenceBackward(
            slopes: nextSlopes, gradients: gradients, accumulate: accumulate,
            hiddenGradient: hiddenGradient)
    }

    // MARK: Next-sentence prediction

    /// The pooler, and the loss on it; the logits become the gradient that is returned if there is
    /// a `scale`.
    @discardableResult
    private func nextSentence(_ hidden: Matrix<E>, scale: Float?) -> Matrix<E> {
        let count = batch.sequences
        let first = activations.first.rows(count)
        let pooled = activations.pooled.rows(count)
        let logits = activations.nextLogits.rows(count)
        executor.gather(hidden, batch.inputs.firstTokens, into: first)
        executor.dense(first, tensors.pooler, into: pooled)
        executor.tanh(pooled.elements)
        executor.dense(pooled, tensors.nextSentence, into: logits)
        return executor.crossEntropy(
            logits, labels: batch.nextLabels, gradientScale: scale, as: E.self,
            losses: activations.nextLosses[0..<count], correct: activations.nextCorrect[0..<count])
    }

    private func nextSentenceBackward(
        slopes: Matrix<E>, gradients: PretrainingTensors, accumulate: Bool,
        hiddenGradient: Matrix<E>
    ) {
        let count = batch.sequences
        let pooled = activations.pooled.rows(count)
        let pooledGradient = activations.firstGradient.rows(count)
        executor.denseBackward(
            input: pooled, tensors.nextSentence, gradient: slopes,
            parameterGradients: gradients.nextSentence, accumulate: accumulate,
            inputGradient: pooledGradient)
        executor.tanhBackward(output: pooled.elements, gradient: pooledGradient.elements)
        // The pooled values are done with: their memory takes the gradient of the first tokens.
        executor.denseBackward(
            input: activations.first.rows(count), tensors.pooler, gradient: pooledGradient,
            parameterGradients: gradients.pooler, accumulate: accumulate, inputGradient: pooled)
        executor.scatterAdd(pooled, to: batch.inputs.firstTokens, ofRows: hiddenGradient)
    }

    // MARK: Masked language model

    /// Dense, activation and normalization of the masked tokens.
    private func transform(_ hidden: Matrix<E>) {
        let count = batch.masked
        let masked = activations.masked.rows(count)
        let before = activations.transformInput.rows(count)
        let after = activations.transformOutput.rows(count)
        executor.gather(hidden, batch.maskedTokenRows, into: masked)
        executor.dense(
            masked, tensors.transform, into: before,
            activated: Activated(configuration.activation, into: after))
        executor.layerNorm(
            after, tensors.transformNorm, epsilon: Float(configuration.layerNormEpsilon),
            into: activations.normalized.rows(count), statistics: activations.statistics.rows(count)
        )
    }

    /// Logits and losses of the predictions of `chunk`; the logits become the gradient that is
    /// returned if there is a `scale`.
    @discardableResult
    private func decode(_ chunk: Range<Int>, scale: Float?) -> Matrix<E> {
        let logits = activations.logits.rows(chunk.count)
        executor.multiply(
            .plain(activations.normalized.rows(batch.masked).rows(chunk)),
            .transposed(tensors.encoder.wordEmbeddings), bias: tensors.decoderBias, into: logits)
        return executor.crossEntropy(
            logits, labels: batch.labels[chunk], gradientScale: scale, as: E.self,
            losses: activations.maskedLosses[chunk], correct: activations.maskedCorrect[chunk])
    }

    private func decodeBackward(scale: Float, gradients: PretrainingTensors, accumulate: Bool) {
        let normalized = activations.normalized.rows(batch.masked)
        let gradient = activations.maskedGradient.rows(batch.masked)
        if batch.masked == 0 && !accumulate {
            gradients.encoder.wordEmbeddings.elements.fill(0)
            gradients.decoderBias.fill(0)
        }
        for chunk in chunks {
            let slopes = decode(chunk, scale: scale)
            let sums = activations.decodedGradient.rows(chunk.count)
            executor.denseBackward(
                input: normalized.rows(chunk),
                DenseTensors(weight: tensors.encoder.wordEmbeddings, bias: tensors.decoderBias),
                gradient: slopes,
                parameterGradients: DenseTensors(
                    weight: gradients.encoder.wordEmbeddings, bias: gradients.decoderBias),
                accumulate: accumulate || chunk.lowerBound > 0, inputGradient: sums)
            executor.round(sums.elements, into: gradient.rows(chunk).elements)
        }
    }

    private func transformBackward(
        gradients: PretrainingTensors, accumulate: Bool, hiddenGradient: Matrix<E>
    ) {
        let count = batch.masked
        let gradient = activations.maskedGradient.rows(count)
        executor.layerNormBackward(
            input: activations.transformOutput.rows(count), tensors.transformNorm,
            statistics: activations.statistics.rows(count), gradient: gradient,
            parameterGradients: gradients.transformNorm, accumulate: accumulate)
        executor.activateBackward(
            input: activations.transformInput.rows(count).elements, configuration.activation,
            gradient: gradient.elements)
        // The normalized values are done with: their memory takes the gradient of the tokens.
        let tokens = activations.normalized.rows(count)
        executor.denseBackward(
            input: activations.masked.rows(count), tensors.transform, gradient: gradient,
            parameterGradients: gradients.transform, accumulate: accumulate, inputGradient: tokens)
        executor.scatterAdd(tokens, to: batch.maskedTokenRows, ofRows: hiddenGradient)
    }

    // MARK: Outcome

    /// Sums of losses and hits of each sequence.
    func outcomes() -> [SequenceOutcome] {
        (0..<batch.sequences).map { index in
            var outcome = SequenceOutcome(
                maskedLoss: 0, maskedCorrect: 0, masked: 0,
                nextSentenceLoss: Double(activations.nextLosses.vector[index]),
                nextSentenceCorrect: activations.nextCorrect.vector[index] == 1)
            for prediction in batch.maskedRange(index) {
                outcome.maskedLoss += Double(activations.maskedLosses.vector[prediction])
                outcome.maskedCorrect += Int(activations.maskedCorrect.vector[prediction])
                outcome.masked += 1
            }
            return outcome
        }
    }

    /// The outcome of each masked token, one sequence after another.
    func tokenOutcomes() -> [TokenOutcome] {
        (0..<batch.masked).map {
            TokenOutcome(
                loss: activations.maskedLosses.vector[$0],
                isCorrect: activations.maskedCorrect.vector[$0] == 1)
        }
    }
}

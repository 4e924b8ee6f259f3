import Kernels
import Tensors

/// Results of the pre-training heads in the last pass, for any element type of the activations.
protocol PretrainingOutputs {
    /// Returns the outcome of each masked token, sequence after sequence.
    func tokenOutcomes() -> [TokenOutcome]
    /// First module, in the order of the forward pass, whose output was not finite. If all other
    /// outputs were finite, it is the logits of masked tokens, of which only the last chunk is
    /// kept.
    var firstNotFiniteOutput: String { get }
    /// [B, N]
    var pooledOutputs: [Float] { get }
    /// [B, 2]
    var nextSentenceLogits: [Float] { get }
    /// [P, V]
    var maskedLogits: [Float] { get }
}

/// Masked-language-model and next-sentence heads over one batch. In training, each runs forward and
/// backward in one go, since the losses' gradients need nothing else.
struct PretrainingHeads<E: TensorElement>: Heads {
    let configuration: BERTConfiguration
    let executor: KernelExecutor
    let tensors: PretrainingTensors
    let gradients: PretrainingTensors?
    let activations: PretrainingActivations<E>
    let batch: PretrainingBatch

    init(_ parts: ModelParts, batch: PretrainingBatch) {
        configuration = parts.configuration
        executor = parts.executor
        tensors = PretrainingTensors(parts.tensors)
        gradients = parts.gradientTensors.map(PretrainingTensors.init)
        activations = PretrainingActivations(
            parts.configuration, capacity: parts.capacity, training: parts.trains)
        self.batch = batch
    }

    var range: Range<Int> { tensors.range }

    /// The decoder's weight is the token embedding.
    var sharesTokenEmbedding: Bool { true }

    private var chunks: [Range<Int>] {
        stride(from: 0, to: batch.masked, by: decodedAtOnce).map {
            $0..<min($0 + decodedAtOnce, batch.masked)
        }
    }

    func predict(_ hidden: Matrix<E>) -> [SequenceOutcome] {
        nextSentence(hidden, scale: nil)
        transform(hidden)
        for chunk in chunks { decode(chunk, scale: nil) }
        return outcomes()
    }

    func train(
        _ hidden: Matrix<E>, scale: ObjectiveScale, seed: UInt64, accumulate: Bool,
        hiddenGradient: Matrix<E>
    ) -> [SequenceOutcome] {
        guard let gradients else {
            preconditionFailure("a model for inference has no gradients")
        }
        let nextSlopes = nextSentence(hidden, scale: scale.nextSentence)
        transform(hidden)
        decodeBackward(scale: scale.masked, gradients: gradients, accumulate: accumulate)
        hiddenGradient.elements.fill(E(0))
        transformBackward(
            gradients: gradients, accumulate: accumulate, hiddenGradient: hiddenGradient)
        nextSentenceBackward(
            slopes: nextSlopes, gradients: gradients, accumulate: accumulate,
            hiddenGradient: hiddenGradient)
        return outcomes()
    }

    // MARK: Next-sentence prediction

    /// Computes the pooler and its loss. With a `scale`, the logits become the gradient that is
    /// returned.
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
        // The pooled values are no longer needed: their memory takes the gradient of the first
        // tokens.
        executor.denseBackward(
            input: activations.first.rows(count), tensors.pooler, gradient: pooledGradient,
            parameterGradients: gradients.pooler, accumulate: accumulate, inputGradient: pooled)
        executor.scatterAdd(pooled, to: batch.inputs.firstTokens, ofRows: hiddenGradient)
    }

    // MARK: Masked language model

    /// Computes the dense layer, activation and normalization of the masked tokens.
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

    /// Computes the logits and losses of the predictions of `chunk`. With a `scale`, the logits
    /// become the gradient that is returned.
    @discardableResult
    private func decode(_ chunk: Range<Int>, scale: Float?) -> Matrix<E> {
        let logits = activations.logits.rows(chunk.count)
        executor.multiply(
            .plain(activations.normalized.rows(batch.masked).rows(chunk)),
            .transposed(tensors.tokenEmbedding), bias: tensors.decoderBias, into: logits)
        return executor.crossEntropy(
            logits, labels: batch.labels[chunk], gradientScale: scale, as: E.self,
            losses: activations.maskedLosses[chunk], correct: activations.maskedCorrect[chunk])
    }

    private func decodeBackward(scale: Float, gradients: PretrainingTensors, accumulate: Bool) {
        let normalized = activations.normalized.rows(batch.masked)
        let gradient = activations.maskedGradient.rows(batch.masked)
        if batch.masked == 0 && !accumulate {
            gradients.tokenEmbedding.elements.fill(0)
            gradients.decoderBias.fill(0)
        }
        for chunk in chunks {
            let slopes = decode(chunk, scale: scale)
            let sums = activations.decodedGradient.rows(chunk.count)
            executor.denseBackward(
                input: normalized.rows(chunk),
                DenseTensors(weight: tensors.tokenEmbedding, bias: tensors.decoderBias),
                gradient: slopes,
                parameterGradients: DenseTensors(
                    weight: gradients.tokenEmbedding, bias: gradients.decoderBias),
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
        // The normalized values are no longer needed: their memory takes the gradient of the
        // tokens.
        let tokens = activations.normalized.rows(count)
        executor.denseBackward(
            input: activations.masked.rows(count), tensors.transform, gradient: gradient,
            parameterGradients: gradients.transform, accumulate: accumulate, inputGradient: tokens)
        executor.scatterAdd(tokens, to: batch.maskedTokenRows, ofRows: hiddenGradient)
    }

    // MARK: Outcome

    /// Returns the sums of losses and hits of each sequence.
    private func outcomes() -> [SequenceOutcome] {
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
}

extension PretrainingHeads: PretrainingOutputs {
    func tokenOutcomes() -> [TokenOutcome] {
        (0..<batch.masked).map {
            TokenOutcome(
                loss: activations.maskedLosses.vector[$0],
                isCorrect: activations.maskedCorrect.vector[$0] == 1)
        }
    }

    var pooledOutputs: [Float] { activations.pooled.rows(batch.sequences).numbers }

    var nextSentenceLogits: [Float] { activations.nextLogits.rows(batch.sequences).numbers }

    var maskedLogits: [Float] {
        precondition(batch.masked <= decodedAtOnce, "earlier logits are overwritten")
        return activations.logits.rows(batch.masked).numbers
    }
}

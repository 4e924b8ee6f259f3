import BERT
public import Distributed

/// What one training step did, summed over all ranks.
public struct StepOutcome: Sendable, Equatable {
    /// Sum of the masked tokens' cross-entropies.
    public var maskedLossSum = 0.0
    /// Sum of the sequences' next-sentence cross-entropies.
    public var nextSentenceLossSum = 0.0
    /// Masked tokens, and those predicted rightly.
    public var masked = 0
    /// Masked tokens predicted rightly.
    public var maskedCorrect = 0
    /// Sequences of the global batch.
    public var sequences = 0
    /// Sequences whose next-sentence label was predicted rightly.
    public var nextSentenceCorrect = 0
    /// Tokens, of which none is padding.
    public var tokens = 0
    /// Floating-point operations of the model's products, over all ranks.
    public var operations = 0.0
    /// What the reduction of gradients cost this rank.
    public var reduction = ReductionStatistics()
    /// What the loss was multiplied by before the backward pass.
    public var lossScale = 1.0
    /// Global norm of the reduced gradient without the loss scale, before clipping.
    public var gradientNorm = 0.0
    /// A rank was told to stop.
    public var stopRequested = false
    /// The coordinator wants a checkpoint after this step.
    public var checkpointRequested = false

    /// Mean cross-entropy of masked tokens over the global batch.
    public var maskedLoss: Double { maskedLossSum / Double(max(masked, 1)) }
    /// Mean next-sentence cross-entropy over the global batch.
    public var nextSentenceLoss: Double { nextSentenceLossSum / Double(max(sequences, 1)) }
    /// The objective.
    public var loss: Double { maskedLoss + nextSentenceLoss }

    /// Whether the loss or the reduced gradient is not finite, so that nothing could be updated.
    public var overflowed: Bool { !(gradientNorm.isFinite && loss.isFinite) }

    /// What the sums of the losses are multiplied by for the backward pass.
    var scale: ObjectiveScale {
        ObjectiveScale(masked: masked, sequences: sequences, lossScale: lossScale)
    }

    mutating func add(_ outcomes: [SequenceOutcome]) {
        for outcome in outcomes {
            maskedLossSum += outcome.maskedLoss
            nextSentenceLossSum += outcome.nextSentenceLoss
            maskedCorrect += outcome.maskedCorrect
            nextSentenceCorrect += outcome.nextSentenceCorrect ? 1 : 0
        }
    }
}

import BERT
public import Distributed

/// Result of one training step, summed over all ranks.
public struct StepOutcome: Sendable, Equatable {
    /// Sum of the masked tokens' cross-entropies.
    public var maskedLossSum = 0.0
    /// Sum of the sequences' next-sentence cross-entropies.
    public var nextSentenceLossSum = 0.0
    /// Number of masked tokens.
    public var masked = 0
    /// Number of masked tokens predicted correctly.
    public var maskedCorrect = 0
    /// Number of sequences of the global batch.
    public var sequences = 0
    /// Number of sequences whose next-sentence label was predicted correctly.
    public var nextSentenceCorrect = 0
    /// Number of tokens, without padding.
    public var tokens = 0
    /// Floating-point operations of the model's matrix products, over all ranks.
    public var operations = 0.0
    /// Cost of the gradient reduction on this rank.
    public var reduction = ReductionStatistics()
    /// Loss scale of the backward pass.
    public var lossScale = 1.0
    /// Global norm of the reduced gradient without the loss scale, before clipping.
    public var gradientNorm = 0.0
    /// Whether a rank was asked to stop.
    public var stopRequested = false
    /// Whether the coordinator wants a checkpoint after this step.
    public var checkpointRequested = false

    /// Mean cross-entropy of masked tokens over the global batch.
    public var maskedLoss: Double { maskedLossSum / Double(max(masked, 1)) }
    /// Mean next-sentence cross-entropy over the global batch.
    public var nextSentenceLoss: Double { nextSentenceLossSum / Double(max(sequences, 1)) }
    /// The objective: sum of both mean losses.
    public var loss: Double { maskedLoss + nextSentenceLoss }

    /// Whether the loss or the reduced gradient is not finite, so that no update is possible.
    public var overflowed: Bool { !(gradientNorm.isFinite && loss.isFinite) }

    /// Factors that the sums of the losses are multiplied by for the backward pass.
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

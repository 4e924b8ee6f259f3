/// Losses and hits of one sequence: sums over its predictions, never means.
public struct SequenceOutcome: Sendable, Equatable {
    /// Sum of the cross-entropies of the masked tokens, in nats.
    public var maskedLoss: Double
    /// Number of masked tokens predicted correctly.
    public var maskedCorrect: Int
    /// Number of masked tokens.
    public var masked: Int
    /// Cross-entropy of next-sentence prediction, in nats.
    public var nextSentenceLoss: Double
    /// Whether the next-sentence label was predicted correctly.
    public var nextSentenceCorrect: Bool

    /// Creates an outcome from the given sums.
    public init(
        maskedLoss: Double, maskedCorrect: Int, masked: Int, nextSentenceLoss: Double,
        nextSentenceCorrect: Bool
    ) {
        self.maskedLoss = maskedLoss
        self.maskedCorrect = maskedCorrect
        self.masked = masked
        self.nextSentenceLoss = nextSentenceLoss
        self.nextSentenceCorrect = nextSentenceCorrect
    }
}

/// Loss of one masked token, and whether the model predicted it.
public struct TokenOutcome: Sendable, Equatable {
    /// Cross-entropy, in nats.
    public var loss: Float
    /// Whether the token has the largest logit.
    public var isCorrect: Bool

    /// Creates an outcome from the given values.
    public init(loss: Float, isCorrect: Bool) {
        self.loss = loss
        self.isCorrect = isCorrect
    }
}

/// Factors that turn sums of losses into the objective: one over the count in the global batch.
public struct ObjectiveScale: Sendable, Equatable {
    /// Factor on each masked token's cross-entropy in the gradient.
    public var masked: Float
    /// Factor on each sequence's next-sentence cross-entropy in the gradient.
    public var nextSentence: Float

    /// Creates the factors for the mean over `masked` tokens plus the mean over `sequences`, times
    /// `lossScale`.
    public init(masked: Int, sequences: Int, lossScale: Double = 1) {
        self.masked = masked > 0 ? Float(lossScale / Double(masked)) : 0
        nextSentence = sequences > 0 ? Float(lossScale / Double(sequences)) : 0
    }
}

/// Callbacks through which a backward pass reports its progress.
public struct GradientObserver {
    /// Called when the gradients of a range of the flat block are final.
    public var ready: (Range<Int>) -> Void
    /// Called often between kernels, so that communication can advance.
    public var progress: () -> Void

    /// Creates an observer of the two events.
    public init(
        ready: @escaping (Range<Int>) -> Void = { _ in }, progress: @escaping () -> Void = {}
    ) {
        self.ready = ready
        self.progress = progress
    }
}

/// Held-out accuracy and loss of both pre-training tasks, with what chance would reach.
public struct EvaluationResult: Sendable, Equatable {
    /// Share of masked tokens predicted rightly.
    public var maskedAccuracy: Double
    /// Mean cross-entropy of masked tokens, in nats.
    public var maskedLoss: Double
    /// Number of masked tokens.
    public var maskedTokens: Int
    /// Share of sequence pairs whose label was predicted rightly.
    public var nextSentenceAccuracy: Double
    /// Mean cross-entropy of next-sentence prediction, in nats.
    public var nextSentenceLoss: Double
    /// Number of sequence pairs.
    public var nextSentencePairs: Int
    /// Share of masked tokens that are the most frequent one.
    public var maskedBaseline: Double
    /// The most frequent masked token.
    public var maskedBaselineID: Int
    /// Share of the more frequent next-sentence label.
    public var nextSentenceBaseline: Double
}

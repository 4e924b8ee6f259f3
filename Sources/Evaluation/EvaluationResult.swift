/// Accuracy and loss of some predictions, with what guessing would have reached.
public struct EvaluationScore: Sendable, Equatable {
    /// Share of the predictions that were right; 0 where there were none.
    public var accuracy: Double
    /// Mean cross-entropy, in nats.
    public var loss: Double
    /// Number of predictions.
    public var count: Int
    /// Share of the most frequent label.
    public var baseline: Double
    /// 95% confidence interval of the accuracy; nil where fewer than two documents have any.
    public var accuracyInterval: ClosedRange<Double>?
    /// 95% confidence interval of the loss.
    public var lossInterval: ClosedRange<Double>?
}

/// The scores of a part of the predictions.
public struct EvaluationGroup: Sendable, Equatable {
    /// By what predictions are parted.
    public enum Criterion: String, Sendable {
        /// `frequent`: the fewest different tokens that make up half of all masked tokens or more;
        /// `rare`: all others.
        case frequency
        /// `whole`: the token is a word; `piece`: its word has several tokens.
        case word
        /// The corpus that the sample comes from, where there are several.
        case corpus
    }

    /// By what this is a part.
    public var criterion: Criterion
    /// Which part: see ``Criterion``; the path of a corpus.
    public var name: String
    /// Scores of its masked tokens.
    public var masked: EvaluationScore
    /// Scores of its sequence pairs; nil where it is a part of the tokens only.
    public var nextSentence: EvaluationScore?
}

/// Held-out accuracy and loss of both pre-training tasks.
public struct EvaluationResult: Sendable, Equatable {
    /// Scores of all masked tokens.
    public var masked: EvaluationScore
    /// The most frequent masked token.
    public var maskedBaselineID: Int
    /// Scores of all sequence pairs.
    public var nextSentence: EvaluationScore
    /// Scores of the parts that have masked tokens.
    public var groups: [EvaluationGroup]
}

/// Accuracy and loss of some predictions, with the accuracy of the best constant guess.
public struct EvaluationScore: Sendable, Equatable {
    /// Share of correct predictions; 0 if there are none.
    public var accuracy: Double
    /// Mean cross-entropy, in nats.
    public var loss: Double
    /// Number of predictions.
    public var count: Int
    /// Share of the most frequent label.
    public var baseline: Double
    /// 95% confidence interval of the accuracy; nil if fewer than two documents have predictions.
    public var accuracyInterval: ClosedRange<Double>?
    /// 95% confidence interval of the loss.
    public var lossInterval: ClosedRange<Double>?
}

/// Scores of a subset of the predictions.
public struct EvaluationGroup: Sendable, Equatable {
    /// Criterion that divides predictions into subsets.
    public enum Criterion: String, Sendable {
        /// `frequent`: the smallest set of tokens that makes up at least half of all masked tokens;
        /// `rare`: all others.
        case frequency
        /// `whole`: the token is a word; `piece`: its word has several tokens.
        case word
        /// Corpus of the sample, if there are several.
        case corpus
    }

    /// Criterion of this subset.
    public var criterion: Criterion
    /// Name of the subset: see ``Criterion``; the path of a corpus.
    public var name: String
    /// Scores of its masked tokens.
    public var masked: EvaluationScore
    /// Scores of its sequence pairs; nil if the subset consists of tokens only.
    public var nextSentence: EvaluationScore?
}

/// Held-out accuracy and loss of both pre-training tasks.
public struct EvaluationResult: Sendable, Equatable {
    /// Scores of all masked tokens.
    public var masked: EvaluationScore
    /// Most frequent masked token.
    public var maskedBaselineID: Int
    /// Scores of all sequence pairs.
    public var nextSentence: EvaluationScore
    /// Scores of the subsets that have masked tokens.
    public var groups: [EvaluationGroup]
}

/// Settings of the search for an answer among spans.
public struct AnswerSettings: Equatable, Sendable {
    /// Start and end positions considered in each window, and candidates kept.
    public var nBest = 20
    /// Maximum length of an answer, in tokens.
    public var maximumAnswerLength = 30
    /// Whether a question may have no answer (SQuAD 2.0).
    public var allowsNoAnswer = false
    /// Margin by which the "no answer" score must exceed the best answer's before the empty answer
    /// is predicted.
    public var nullThreshold = 0.0

    /// Google's values, for SQuAD 1.1.
    public init() {}
}

/// A candidate answer.
public struct AnswerCandidate: Equatable, Sendable {
    /// Text of the answer; empty for "no answer".
    public let text: String
    /// Score of its first token.
    public let startLogit: Double
    /// Score of its last token.
    public let endLogit: Double
    /// Softmax over the candidates of `startLogit + endLogit`.
    public let probability: Double
}

/// The prediction for a question.
public struct AnswerPrediction: Equatable, Sendable {
    /// The answer; empty for "no answer", "empty" if no span was admissible.
    public let text: String
    /// The "no answer" score minus the best answer's score; nil if every question has an answer.
    public let nullScore: Double?
    /// Candidates, best first.
    public let candidates: [AnswerCandidate]
    /// Whether at least one span was admissible.
    public let hasSpan: Bool

    /// The candidate whose text is the answer; nil if there is none, for example for "empty".
    var chosen: AnswerCandidate? { candidates.first { $0.text == text } }

    /// The best `count` candidates, followed by the chosen one if it is not among them, because the
    /// null threshold may select any candidate.
    public func candidates(best count: Int) -> [AnswerCandidate] {
        let best = Array(candidates.prefix(count))
        guard let chosen, !best.contains(where: { $0.text == chosen.text }) else { return best }
        return best + [chosen]
    }
}

/// Output of the span head for one window: a start and an end score per token.
public struct SpanLogits: Sendable {
    /// Score of each token as the answer's start. Padding may follow.
    public let start: [Float]
    /// Score of each token as the answer's end.
    public let end: [Float]

    /// - Precondition: both have the same length.
    public init(start: [Float], end: [Float]) {
        precondition(start.count == end.count, "as many ends as starts")
        self.start = start
        self.end = end
    }

    /// Splits pairs of start and end scores, one pair per token.
    init(_ pairs: [Float]) {
        self.init(
            start: stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] },
            end: stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] })
    }
}

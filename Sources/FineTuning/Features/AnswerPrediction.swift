/// How answers are chosen among spans.
public struct AnswerSettings: Equatable, Sendable {
    /// The starts and ends tried in each window, and the answers kept.
    public var nBest = 20
    /// The most tokens of an answer.
    public var maximumAnswerLength = 30
    /// Whether a question may have no answer (SQuAD 2.0).
    public var allowsNoAnswer = false
    /// The answer is empty where the score of "no answer" exceeds that of the best answer by more
    /// than this.
    public var nullThreshold = 0.0

    /// Google's values, for SQuAD 1.1.
    public init() {}
}

/// One answer that came into question.
public struct AnswerCandidate: Equatable, Sendable {
    /// The answer; empty for none.
    public let text: String
    /// The score of its first token.
    public let startLogit: Double
    /// The score of its last token.
    public let endLogit: Double
    /// Softmax of the sums of both, over the candidates.
    public let probability: Double
}

/// What is answered to a question.
public struct AnswerPrediction: Equatable, Sendable {
    /// The answer; empty where there is none, "empty" where no span was admissible.
    public let text: String
    /// By how much "no answer" scores better than the best answer; nil where every question has
    /// one.
    public let nullScore: Double?
    /// The best candidates, best first.
    public let candidates: [AnswerCandidate]
    /// Whether some span was admissible.
    public let hasSpan: Bool

    /// The answer's own place among the candidates; nil for "empty" and the like.
    var chosen: AnswerCandidate? { candidates.first { $0.text == text } }

    /// The best `count` candidates, and the chosen one after them where it is not among them: the
    /// null threshold may choose any.
    public func candidates(best count: Int) -> [AnswerCandidate] {
        let best = Array(candidates.prefix(count))
        guard let chosen, !best.contains(where: { $0.text == chosen.text }) else { return best }
        return best + [chosen]
    }
}

/// The scores of the tokens of one window, as the head gives them.
public struct SpanLogits: Sendable {
    /// How well an answer begins at each token. Scores of padding may follow.
    public let start: [Float]
    /// How well an answer ends at each token.
    public let end: [Float]

    /// As many ends as starts.
    public init(start: [Float], end: [Float]) {
        precondition(start.count == end.count, "as many ends as starts")
        self.start = start
        self.end = end
    }
}

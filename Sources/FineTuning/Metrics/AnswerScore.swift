/// Agreement of an answer with the annotators' answers: the maximum over those answers.
public struct AnswerScore: Equatable, Sendable {
    /// 1 if the answer is equal after normalization, otherwise 0.
    public let exactMatch: Double
    /// Word overlap, from 0 to 1.
    public let f1: Double

    /// Makes a score of two values.
    public init(exactMatch: Double, f1: Double) {
        self.exactMatch = exactMatch
        self.f1 = f1
    }

    /// Means over questions, times 100, as the official scripts print them.
    public static func percent(_ scores: [AnswerScore]) -> AnswerScore {
        guard !scores.isEmpty else { return AnswerScore(exactMatch: 0, f1: 0) }
        let count = Double(scores.count)
        return AnswerScore(
            exactMatch: 100 * scores.reduce(0) { $0 + $1.exactMatch } / count,
            f1: 100 * scores.reduce(0) { $0 + $1.f1 } / count)
    }
}

/// Metrics defined by the official scripts.
public enum AnswerMetric: String, CaseIterable, Sendable {
    /// `evaluate-v1.1.py` of SQuAD.
    case squad1 = "squad"
    /// `evaluate-v2.0.py` of SQuAD: a question without gold answers expects the empty answer.
    case squad2
    /// `cmrc2018_evaluate.py`, for Chinese.
    case cmrc

    /// Scores an answer to one question.
    public func score(_ prediction: String, golds: [String]) -> AnswerScore {
        switch self {
        case .squad1: SQuADScore.score(prediction, golds: golds, emptyAgainstEmpty: 0)
        case .squad2:
            SQuADScore.score(
                prediction, golds: SQuADScore.answerable(golds), emptyAgainstEmpty: 1)
        case .cmrc: ChineseAnswerScore.score(prediction, golds: golds)
        }
    }
}

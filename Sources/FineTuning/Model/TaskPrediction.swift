internal import FoundationEssentials

/// What a model answers: one line of output.
public struct TaskPrediction: Encodable, Sendable {
    /// Classification: the most probable class.
    public var label: String?
    /// Multi-label: the classes more probable than not.
    public var labels: [String]?
    /// Regression: the number.
    public var score: Double?
    /// Multiple choice: the best choice, from 0.
    public var choice: Int?
    /// Of the label, the choice or the answer.
    public var probability: Double?
    /// Of each class.
    public var probabilities: [String: Double]?
    /// Of each choice.
    public var choiceProbabilities: [Double]?
    /// Tagging: the words and their tags.
    public var words: [String]?
    /// The tag of each word.
    public var tags: [String]?
    /// Question answering: the answer; empty for none.
    public var answer: String?
    /// By how much "no answer" scores better than the best answer, where questions may have none.
    public var nullScore: Double?
    /// The best answers, best first.
    public var candidates: [Candidate]?

    /// One answer that came into question.
    public struct Candidate: Encodable, Sendable {
        /// The answer.
        public var text: String
        /// Among the candidates.
        public var probability: Double
    }

    init() {}

    /// A JSON object on one line.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("a prediction holds nothing that JSON cannot")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

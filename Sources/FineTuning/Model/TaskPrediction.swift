internal import FoundationEssentials

/// A model's answer: one line of output.
public struct TaskPrediction: Encodable, Sendable {
    /// Classification: the most probable class.
    public var label: String?
    /// Multi-label: classes with a probability above one half.
    public var labels: [String]?
    /// Regression: predicted number.
    public var score: Double?
    /// Multiple choice: index of the best choice, from 0.
    public var choice: Int?
    /// Probability of the label, the choice or the answer.
    public var probability: Double?
    /// Probability of each class.
    public var probabilities: [String: Double]?
    /// Probability of each choice.
    public var choiceProbabilities: [Double]?
    /// Tagging: words of the sentence.
    public var words: [String]?
    /// Tag of each word.
    public var tags: [String]?
    /// Question answering: the answer; empty for "no answer".
    public var answer: String?
    /// The "no answer" score minus the best answer's score, if questions may have no answer.
    public var nullScore: Double?
    /// Candidate answers, best first.
    public var candidates: [Candidate]?

    /// A candidate answer.
    public struct Candidate: Encodable, Sendable {
        /// The answer.
        public var text: String
        /// Probability among the candidates.
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

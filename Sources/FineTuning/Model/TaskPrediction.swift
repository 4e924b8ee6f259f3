internal import FoundationEssentials

/// A model's answer: one line of output.
public struct TaskPrediction: Sendable {
    /// Members of the JSON object, which the kind of task declares.
    private let answer: any Encodable & Sendable

    init(_ answer: some Encodable & Sendable) { self.answer = answer }

    /// A JSON object on one line.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        guard let data = try? encoder.encode(answer) else {
            preconditionFailure("a prediction holds nothing that JSON cannot")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

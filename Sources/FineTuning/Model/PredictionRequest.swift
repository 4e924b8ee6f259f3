/// A request to a model: one line of input, parsed by the rules of the model's kind of task.
///
/// A line that begins with `{` is a JSON object; any other line consists of tab-separated parts.
///
/// | task | JSON | line |
/// |---|---|---|
/// | classification, multi-label, regression | `text`, `pair` | text, or text and pair |
/// | tagging | `words` (or `text`) | words divided by spaces |
/// | question answering | `question`, `context` | question and context |
/// | multiple choice | `prompt`, `choices` | prompt and choices |
public struct PredictionRequest: Sendable {
    /// The request, of the type that the kind of task declares.
    package let content: any TaskRequest

    /// Parses a line.
    ///
    /// - Throws: `TaskDataError` if the line lacks something the kind of task needs.
    public init(
        line: String, kind: TaskKind, path: String, number: Int
    ) throws(TaskDataError) {
        let rules = kind.rules
        let content: (any TaskRequest)?
        if line.first(where: { !$0.isWhitespace }) == "{" {
            content = rules.request(
                try JSONParser.parse(Array(line.utf8)[...], path: path, line: number))
        } else {
            content = rules.request(line)
        }
        guard let content else {
            throw TaskDataError(
                path, line: number, "a line for \(kind.rawValue) is \(rules.lineForm)")
        }
        self.content = content
    }
}

/// What a line of input asks for.
package protocol TaskRequest: Equatable, Sendable {
    /// Whether the model's inputs have two segments.
    var hasTwoSegments: Bool { get }
}

/// The parts of a line that tabs separate; at least one.
func tabbedParts(of line: String) -> [String] {
    line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
}

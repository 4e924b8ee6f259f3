/// A request to a model: one line of input.
///
/// A line that begins with `{` is a JSON object; any other line consists of tab-separated parts.
///
/// | task | JSON | line |
/// |---|---|---|
/// | classification, multi-label, regression | `text`, `pair` | text, or text and pair |
/// | tagging | `words` (or `text`) | words divided by spaces |
/// | question answering | `question`, `context` | question and context |
/// | multiple choice | `prompt`, `choices` | prompt and choices |
public enum PredictionRequest: Equatable, Sendable {
    /// A text or a pair.
    case text(String, pair: String?)
    /// The words of a sentence.
    case words([String])
    /// A question and its context.
    case question(String, context: String)
    /// A prompt and its continuations.
    case choices(prompt: String, [String])

    /// Parses a line.
    ///
    /// - Throws: `TaskDataError` if the line lacks something the kind of task needs.
    public init(
        line: String, kind: TaskKind, path: String, number: Int
    ) throws(TaskDataError) {
        let isJSON = line.first { !$0.isWhitespace } == "{"
        let request =
            isJSON
            ? Self.read(
                try JSONParser.parse(Array(line.utf8)[...], path: path, line: number), kind)
            : Self.split(line, kind)
        guard let request else {
            throw TaskDataError(
                path, line: number,
                "a line for \(kind.rawValue) is \(Self.form(kind))")
        }
        self = request
    }

    /// Whether the model's input has two segments.
    var hasTwoSegments: Bool {
        switch self {
        case .text(_, let pair): pair != nil
        case .words: false
        case .question, .choices: true
        }
    }

    private static func form(_ kind: TaskKind) -> String {
        switch kind {
        case .classification, .multiLabel, .regression:
            "a text, or text TAB text, or {\"text\": ..., \"pair\": ...}"
        case .tagging: "words divided by spaces, or {\"words\": [...]}"
        case .questionAnswering:
            "question TAB context, or {\"question\": ..., \"context\": ...}"
        case .multipleChoice:
            "prompt TAB choice TAB choice ..., or {\"prompt\": ..., \"choices\": [...]}"
        }
    }

    private static func read(_ tree: JSONTree, _ kind: TaskKind) -> PredictionRequest? {
        func texts(_ key: String) -> [String]? {
            guard let items = tree[key]?.list else { return nil }
            let texts = items.compactMap(\.text)
            return texts.count == items.count ? texts : nil
        }
        switch kind {
        case .classification, .multiLabel, .regression:
            guard let text = tree["text"]?.text else { return nil }
            guard let pair = tree["pair"], !pair.isNull else { return .text(text, pair: nil) }
            return pair.text.map { .text(text, pair: $0) }
        case .tagging:
            if let words = texts("words") { return words.isEmpty ? nil : .words(words) }
            return tree["text"]?.text.flatMap { split($0, kind) }
        case .questionAnswering:
            guard let question = tree["question"]?.text, let context = tree["context"]?.text
            else { return nil }
            return .question(question, context: context)
        case .multipleChoice:
            guard let prompt = tree["prompt"]?.text, let choices = texts("choices"),
                choices.count > 1
            else { return nil }
            return .choices(prompt: prompt, choices)
        }
    }

    private static func split(_ line: String, _ kind: TaskKind) -> PredictionRequest? {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        switch kind {
        case .classification, .multiLabel, .regression:
            return parts.count <= 2 ? .text(parts[0], pair: parts.dropFirst().first) : nil
        case .tagging:
            let words = PythonText.split(line.unicodeScalars).map { String(scalars: $0) }
            return words.isEmpty ? nil : .words(words)
        case .questionAnswering:
            return parts.count == 2 ? .question(parts[0], context: parts[1]) : nil
        case .multipleChoice:
            return parts.count > 2
                ? .choices(prompt: parts[0], Array(parts.dropFirst())) : nil
        }
    }
}

/// A text with an answer in it, as annotators marked it.
public struct GoldAnswer: Equatable, Sendable {
    /// The answer.
    public let text: String
    /// Start of the answer in the context in code points, as stated in the file; nil if missing.
    public let start: Int?

    /// Makes an answer.
    public init(text: String, start: Int?) {
        self.text = text
        self.start = start
    }
}

/// A question about a context.
public struct Question: Equatable, Sendable {
    /// Id of the question, used as the key of predictions.
    public let id: String
    /// Text of the question.
    public let text: String
    /// Index of its context in `QuestionFile.contexts`.
    public let context: Int
    /// The annotators' answers; may be empty.
    public let answers: [GoldAnswer]
    /// Whether the file marks the question as having no answer in the context.
    public let isImpossible: Bool
    /// Line of the file, from 1.
    public let line: Int

    /// Makes a question.
    public init(
        id: String, text: String, context: Int, answers: [GoldAnswer], isImpossible: Bool = false,
        line: Int = 0
    ) {
        self.id = id
        self.text = text
        self.context = context
        self.answers = answers
        self.isImpossible = isImpossible
        self.line = line
    }
}

/// A file of questions, in SQuAD's JSON (1.1 or 2.0; also used by CMRC and DRCD) or in CMRC 2018's
/// own format (`context_text`, `query_text`, answers without positions).
public struct QuestionFile: Equatable, Sendable {
    /// Path of the file.
    public let path: String
    /// Contexts, without duplicates.
    public let contexts: [String]
    /// Questions in the order of the file.
    public let questions: [Question]
    /// Contradictions in the file: answers that are not at their stated positions, and answerable
    /// questions without answers. Each has the number of cases and an example.
    public let contradictions: [String]

    /// Makes a file from questions in memory.
    public init(
        path: String, contexts: [String], questions: [Question], contradictions: [String] = []
    ) {
        self.path = path
        self.contexts = contexts
        self.questions = questions
        self.contradictions = contradictions
    }

    /// Whether at least one question has no answer, as in SQuAD 2.0.
    public var hasImpossibleQuestions: Bool { questions.contains(where: \.isImpossible) }

    /// Reads a file.
    ///
    /// - Parameter mayLackAnswers: whether a question without answers and without `is_impossible`
    ///   counts as unanswerable, as in Hugging Face's copies of SQuAD 2.0.
    /// - Throws: `TaskDataError` with file and line.
    public static func read(
        _ path: String, mayLackAnswers: Bool = false, limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> QuestionFile {
        try parse(try TaskText(path: path, limits: limits), mayLackAnswers)
    }

    /// Parses the bytes of a file; `path` is its name in errors.
    public static func parse(
        _ bytes: [UInt8], path: String, mayLackAnswers: Bool = false,
        limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> QuestionFile {
        try parse(try TaskText(bytes, path: path, limits: limits), mayLackAnswers)
    }

    private static func parse(
        _ text: TaskText, _ mayLackAnswers: Bool
    ) throws(TaskDataError) -> QuestionFile {
        let tree = try JSONParser.parse(text.bytes[...], path: text.path, limits: text.limits)
        var reader = QuestionReader(text, mayLackAnswers: mayLackAnswers)
        try reader.read(tree)
        return QuestionFile(
            path: text.path, contexts: reader.contexts, questions: reader.questions,
            contradictions: reader.contradictions.notes)
    }
}

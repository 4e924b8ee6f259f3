public import Tokenization

/// Questions and contexts as token ids, with the windows over each context, as Google's
/// run_squad.py makes them. Inputs are assembled on demand, so that each context is in memory once,
/// regardless of its number of questions and windows.
public struct QuestionFeatures: Sendable {
    /// A question skipped in training.
    public struct Skipped: Equatable, Sendable {
        /// Its id.
        public let id: String
        /// Reason for skipping it.
        public let reason: String
    }

    /// Windows in the order of the file, grouped by question.
    public let windows: [AnswerWindow]
    /// Questions skipped in training because their answer was not found in the context.
    public let skipped: [Skipped]
    /// Range of windows of each question.
    public let windowsOfQuestion: [Range<Int>]

    let tokenizer: WordPieceTokenizer
    let file: QuestionFile
    let contexts: [EncodedContext]
    let questionIDs: [[Int32]]

    /// Cuts all contexts of a file into windows.
    ///
    /// - Parameters:
    ///   - training: label the windows with the first answer of each question, and skip questions
    ///     whose answer is not in the context.
    ///   - limits: maximum number of windows per question and in total.
    ///   - progress: called before each context and question.
    /// - Throws: `TaskDataError` if a question exceeds a limit.
    /// - Precondition: `settings.problem` is nil.
    public init(
        _ file: QuestionFile, tokenizer: WordPieceTokenizer, settings: WindowSettings,
        training: Bool, limits: TaskFileLimits = TaskFileLimits(), progress: () -> Void = {}
    ) throws(TaskDataError) {
        precondition(settings.problem == nil, "settings that were not checked")
        self.file = file
        self.tokenizer = tokenizer
        let encoder = InputEncoder(tokenizer, maximumLength: settings.maximumLength)
        let contexts = file.contexts.map { context in
            progress()
            return EncodedContext(context, encoder: encoder)
        }
        var questionIDs: [[Int32]] = []
        var windows: [AnswerWindow] = []
        var ranges: [Range<Int>] = []
        var skipped: [Skipped] = []
        for (index, question) in file.questions.enumerated() {
            progress()
            let ids = Array(encoder.ids(question.text).prefix(settings.maximumQuestionLength))
            questionIDs.append(ids)
            let context = contexts[question.context]
            var answer = LocatedAnswer.none
            if training { answer = context.locate(question, encoder: encoder) }
            let first = windows.count
            if case .missing(let reason) = answer {
                skipped.append(Skipped(id: question.id, reason: reason))
            } else {
                try limits.check(
                    windows: settings.windowCount(
                        count: context.pieces.count, question: ids.count), after: windows.count,
                    of: question, settings, path: file.path)
                windows += settings.windows(count: context.pieces.count, question: ids.count).map {
                    answer.window(index, $0, offset: ids.count + 2, training: training)
                }
            }
            ranges.append(first..<windows.count)
        }
        self.contexts = contexts
        self.questionIDs = questionIDs
        self.windows = windows
        self.skipped = skipped
        windowsOfQuestion = ranges
    }

    /// Assembles `[CLS] question [SEP] pieces of the context [SEP]`.
    public func input(_ window: AnswerWindow) -> EncodedText {
        EncodedText(
            first: questionIDs[window.question],
            second: context(of: window).pieces[window.pieces],
            clsID: tokenizer.vocabulary.clsID, sepID: tokenizer.vocabulary.sepID)
    }

    /// Token index of a window at which the context begins.
    package func offset(_ window: AnswerWindow) -> Int { questionIDs[window.question].count + 2 }

    func context(of window: AnswerWindow) -> EncodedContext {
        contexts[file.questions[window.question].context]
    }
}

extension TaskFileLimits {
    /// Throws if a question of `count` windows, after `before` windows of earlier questions,
    /// exceeds a limit.
    fileprivate func check(
        windows count: Int, after before: Int, of question: Question, _ settings: WindowSettings,
        path: String
    ) throws(TaskDataError) {
        guard count <= windowsOfQuestion else {
            throw tooMany(count, settings, path, line: question.line)
        }
        guard before <= windows - count else {
            throw TaskDataError(
                path, line: question.line,
                "up to here the questions have more than \(windows) windows; raise stride "
                    + "(\(settings.stride)), or divide the file")
        }
    }

    /// The error for a question of `count` windows.
    func tooMany(
        _ count: Int, _ settings: WindowSettings, _ path: String, line: Int?
    ) -> TaskDataError {
        TaskDataError(
            path, line: line,
            "the context of this question has \(count) windows, more than \(windowsOfQuestion); "
                + "raise stride (\(settings.stride)), or shorten the context")
    }
}

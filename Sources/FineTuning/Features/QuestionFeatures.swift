public import Tokenization

/// Questions and contexts as token ids, and the windows they are read through, as Google's
/// run_squad.py makes them. Inputs are put together when they are needed, so that a context is in
/// memory once, however many questions and windows it has.
public struct QuestionFeatures: Sendable {
    /// A question that cannot be learned from.
    public struct Skipped: Equatable, Sendable {
        /// Its id.
        public let id: String
        /// Why.
        public let reason: String
    }

    /// The windows, those of a question together, in the order of the file.
    public let windows: [AnswerWindow]
    /// The questions left out of training because their answer was not found in the context.
    public let skipped: [Skipped]
    /// The windows of each question.
    public let windowsOfQuestion: [Range<Int>]

    let tokenizer: WordPieceTokenizer
    let file: QuestionFile
    let contexts: [EncodedContext]
    let questionIDs: [[Int32]]

    /// Cuts all contexts of a file.
    ///
    /// - Parameters:
    ///   - training: label the windows with the first answer of each question, and leave out
    ///     questions whose answer the context does not hold.
    ///   - limits: the most windows of a question, and of all.
    ///   - progress: called before each context and question.
    /// - Throws: `TaskDataError` at a question with more windows.
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

    /// `[CLS] question [SEP] pieces of the context [SEP]`.
    public func input(_ window: AnswerWindow) -> EncodedText {
        EncodedText(
            first: questionIDs[window.question],
            second: context(of: window).pieces[window.pieces],
            clsID: tokenizer.vocabulary.clsID, sepID: tokenizer.vocabulary.sepID)
    }

    /// The token of a window at which the context begins.
    package func offset(_ window: AnswerWindow) -> Int { questionIDs[window.question].count + 2 }

    func context(of window: AnswerWindow) -> EncodedContext {
        contexts[file.questions[window.question].context]
    }
}

extension TaskFileLimits {
    /// Refuses a question of `count` windows behind `before` windows of others.
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

    /// The error of a question of `count` windows.
    func tooMany(
        _ count: Int, _ settings: WindowSettings, _ path: String, line: Int?
    ) -> TaskDataError {
        TaskDataError(
            path, line: line,
            "the context of this question has \(count) windows, more than \(windowsOfQuestion); "
                + "raise stride (\(settings.stride)), or shorten the context")
    }
}

public import BERT
import Formats

/// Rules of question answering: the span of a context that answers a question, or no answer.
struct QuestionAnswering: TaskRules {
    var metrics: [TaskMetric] { [.f1, .exactMatch] }

    var architecture: String { "BertForQuestionAnswering" }

    var problemType: String? { nil }

    var alwaysHasPairs: Bool { true }

    func head(labels: Int) -> TaskHead { .span }

    func fits(_ format: TaskFileFormat) -> Bool { format == .squad }

    func format(of path: String) -> TaskFileFormat? { .squad }

    func settings(_ task: TaskDefinition) -> [String: String] {
        [
            "answers": task.answers.rawValue, "null_threshold": "\(task.nullThreshold)",
            "stride": "\(task.stride)",
            "maximum_question_length": "\(task.maximumQuestionLength)",
        ]
    }

    func problems(
        _ task: TaskDefinition, _ path: String, sequenceLength: Int
    ) -> [Inconsistency] {
        guard let reason = task.windowSettings(maximumLength: sequenceLength).problem else {
            return []
        }
        return [
            Inconsistency(
                paths: [
                    "\(path).stride", "\(path).maximum_question_length",
                    "\(path).sequence_length", "\(path).kind", "sequence_length",
                ], message: "\(path): \(reason)")
        ]
    }

    func read(
        _ path: String, training: Bool, with loader: inout TaskLoader, progress: () -> Void
    ) throws(TaskDataError) -> QuestionExamples {
        let task = loader.task
        let file = try QuestionFile.read(
            path, mayLackAnswers: task.answers == .squad2, limits: loader.limits)
        guard training || file.questions.contains(where: { $0.isImpossible || !$0.answers.isEmpty })
        else { throw TaskDataError(path, "no question has an answer: there is nothing to score") }
        let features = try QuestionFeatures(
            file, tokenizer: loader.encoder.tokenizer,
            settings: task.windowSettings(maximumLength: loader.encoder.maximumLength),
            training: training, limits: loader.limits, progress: progress)
        if !features.skipped.isEmpty {
            loader.note(
                "\(path): \(features.skipped.count) of \(file.questions.count) questions are left "
                    + "out, for example \(visible(features.skipped[0].id)): "
                    + features.skipped[0].reason)
        }
        file.contradictions.forEach { loader.note("\(path): \($0)") }
        if file.hasImpossibleQuestions, task.answers != .squad2 {
            loader.note(
                "\(path): some questions have no answer, but answers: \(task.answers.rawValue) always "
                    + "gives one; answers: squad2 does not")
        }
        return QuestionExamples(features: features, file: file)
    }

    /// "No answer" if questions may have none; no other text is frequent among answers.
    func baseline(
        _ task: TaskDefinition, train: QuestionExamples, evaluate: QuestionExamples,
        labels: LabelMap
    ) -> TaskScores? {
        guard task.answers == .squad2 else { return nil }
        return .questionAnswering(
            evaluate.file.questions.map { task.answers.score("", golds: $0.answers.map(\.text)) })
    }

    func scores(
        _ task: TaskDefinition, _ examples: QuestionExamples, labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        let (features, questions) = (examples.features, examples.file.questions)
        let scores = questions.indices.map { question in
            progress()
            let logits = features.windowsOfQuestion[question].map { SpanLogits(outputs[$0]) }
            // A context without words has no windows.
            let answer =
                logits.isEmpty
                ? ""
                : features.predict(
                    question: question, logits: logits, settings: task.answerSettings
                ).text
            return task.answers.score(answer, golds: questions[question].answers.map(\.text))
        }
        return .questionAnswering(scores)
    }

    var lineForm: String { "question TAB context, or {\"question\": ..., \"context\": ...}" }

    func accepts(_ task: FineTunedTask) -> Bool { task.windowSettings.problem == nil }

    func request(_ tree: JSONTree) -> QuestionRequest? {
        guard let question = tree["question"]?.text, let context = tree["context"]?.text
        else { return nil }
        return QuestionRequest(question, context: context)
    }

    func request(_ line: String) -> QuestionRequest? {
        let parts = tabbedParts(of: line)
        return parts.count == 2 ? QuestionRequest(parts[0], context: parts[1]) : nil
    }

    /// Throws if the context has too many windows.
    func check(
        _ request: QuestionRequest, _ model: FineTunedModel, path: String, number: Int
    ) throws(TaskDataError) {
        let (limits, settings) = (TaskFileLimits(), model.task.windowSettings)
        // Hardly any letter makes more than one piece, so tokens are counted only if there may be
        // too many.
        guard
            settings.windowCount(
                count: 2 * request.context.unicodeScalars.count,
                question: settings.maximumQuestionLength)
                > limits.windowsOfQuestion
        else { return }
        let encoder = InputEncoder(model.tokenizer, maximumLength: settings.maximumLength)
        let count = settings.windowCount(
            count: EncodedContext(request.context, encoder: encoder).pieces.count,
            question: min(encoder.ids(request.question).count, settings.maximumQuestionLength))
        guard count <= limits.windowsOfQuestion else {
            throw limits.tooMany(count, settings, path, line: number)
        }
    }

    func examples(
        _ request: QuestionRequest, _ context: PredictionContext
    ) throws(TaskDataError) -> QuestionExamples {
        let question = Question(id: "0", text: request.question, context: 0, answers: [])
        let file = QuestionFile(path: "", contexts: [request.context], questions: [question])
        let features = try QuestionFeatures(
            file, tokenizer: context.encoder.tokenizer, settings: context.task.windowSettings,
            training: false)
        return QuestionExamples(features: features, file: file)
    }

    func output(_ logits: [Float], _ context: PredictionContext) -> WindowScores {
        WindowScores(SpanLogits(logits), context.task.answerSettings)
    }

    private struct Answer: Encodable {
        /// The answer; empty for "no answer".
        let answer: String
        /// Probability of the answer.
        var probability: Double?
        /// The "no answer" score minus the best answer's score, if questions may have no answer.
        var nullScore: Double?
        /// Candidate answers, best first.
        var candidates: [Candidate]?
    }

    private struct Candidate: Encodable {
        let text: String
        /// Probability among the candidates.
        let probability: Double
    }

    func prediction(
        _ request: QuestionRequest, _ examples: QuestionExamples, _ outputs: [WindowScores],
        _ context: PredictionContext
    ) -> TaskPrediction {
        let settings = context.task.answerSettings
        guard !outputs.isEmpty else { return TaskPrediction(Answer(answer: "")) }
        let answer = examples.features.predict(
            question: 0, scores: outputs, settings: settings)
        guard answer.hasSpan || settings.allowsNoAnswer else {
            // The official scripts expect the text "empty"; users expect no text.
            return TaskPrediction(Answer(answer: ""))
        }
        return TaskPrediction(
            Answer(
                answer: answer.text, probability: answer.chosen?.probability,
                nullScore: answer.nullScore,
                candidates: answer.candidates(best: 5).map {
                    Candidate(text: $0.text, probability: $0.probability)
                }))
    }
}

/// Questions as windows, with the file that contains their gold answers. Each window is an example.
public struct QuestionExamples: TaskExamples {
    /// The windows.
    public let features: QuestionFeatures
    /// The questions.
    public let file: QuestionFile

    /// Number of windows.
    public var count: Int { features.windows.count }

    /// None, because long contexts are divided instead.
    public var truncatedLengths: [Int] { [] }

    /// One.
    public func inputCount(of index: Int) -> Int { 1 }

    /// The input of a window.
    public func inputs(of index: Int) -> [EncodedText] {
        [features.input(features.windows[index])]
    }

    /// First and last token of the answer, if known.
    public func target(of index: Int) -> TaskTarget {
        let window = features.windows[index]
        guard let start = window.start, let end = window.end else { return .none }
        return .span(start: Int(start), end: Int(end))
    }
}

/// A question and the context to find its answer in.
package struct QuestionRequest: TaskRequest {
    let question: String
    let context: String

    /// Makes a request for the answer to a question.
    package init(_ question: String, context: String) {
        self.question = question
        self.context = context
    }

    /// True: the question and a part of the context.
    package var hasTwoSegments: Bool { true }
}

extension TaskDefinition {
    /// Settings for cutting contexts into windows.
    public func windowSettings(maximumLength: Int) -> WindowSettings {
        WindowSettings(maximumLength, stride: stride, question: maximumQuestionLength)
    }

    /// Settings for predicting answers.
    public var answerSettings: AnswerSettings {
        AnswerSettings(allowsNoAnswer: answers == .squad2, nullThreshold: nullThreshold)
    }
}

extension FineTunedTask {
    fileprivate var windowSettings: WindowSettings {
        WindowSettings(sequenceLength, stride: stride, question: maximumQuestionLength)
    }

    fileprivate var answerSettings: AnswerSettings {
        AnswerSettings(
            allowsNoAnswer: answers == AnswerMetric.squad2.rawValue, nullThreshold: nullThreshold)
    }
}

extension WindowSettings {
    fileprivate init(_ maximumLength: Int, stride: Int, question: Int) {
        self.init()
        self.maximumLength = maximumLength
        self.stride = stride
        maximumQuestionLength = question
    }
}

extension AnswerSettings {
    fileprivate init(allowsNoAnswer: Bool, nullThreshold: Double) {
        self.init()
        self.allowsNoAnswer = allowsNoAnswer
        self.nullThreshold = nullThreshold
    }
}

extension TaskScores {
    /// Scores of answers.
    public static func questionAnswering(_ scores: [AnswerScore]) -> TaskScores {
        let percent = AnswerScore.percent(scores)
        return TaskScores([(.f1, percent.f1 / 100), (.exactMatch, percent.exactMatch / 100)])
    }
}

import ExitCoding
public import Tokenization

/// Examples of one file of a task.
public enum TaskExamples: Sendable {
    /// Texts and pairs (classification, multi-label, regression).
    case sequences([SequenceExample])
    /// Prompts with choices.
    case choices([ChoiceExample])
    /// Tagged sentences.
    case tagging([TaggingExample])
    /// Questions, with the file that contains their gold answers.
    case questions(QuestionFeatures, QuestionFile)

    /// Number of model inputs: one per choice, and one per window of a question.
    public var inputCount: Int {
        switch self {
        case .sequences(let examples): examples.count
        case .choices(let examples): examples.reduce(0) { $0 + $1.inputs.count }
        case .tagging(let examples): examples.count
        case .questions(let features, _): features.windows.count
        }
    }
}

/// Training and evaluation data of a task, encoded with a given tokenizer.
public struct TaskData: Sendable {
    /// Classes; empty for regression, choices and questions.
    public let labels: LabelMap
    /// Training examples.
    public let train: TaskExamples
    /// Evaluation examples.
    public let evaluate: TaskExamples
    /// Notes for the user: skipped examples, truncated words.
    public let notes: [String]

    /// Reads both files of a task.
    ///
    /// - sequenceLength: maximum length of an input in tokens, unless the task sets its own.
    ///   - progress: called before each record is tokenized, so that the caller can handle other
    ///     work.
    ///   - progress: called before each record is cut into tokens: a good moment to serve others.
    /// - Precondition: the task is part of a validated `FineTuningConfiguration`.
    /// - Throws: `TaskDataError` with file and line, also if the task's deciding metric is
    ///   undefined for the data.
    public static func load(
        _ task: TaskDefinition, tokenizer: WordPieceTokenizer, sequenceLength: Int,
        limits: TaskFileLimits = TaskFileLimits(), progress: () -> Void = {}
    ) throws(TaskDataError) -> TaskData {
        var loader = TaskLoader(
            task,
            encoder: InputEncoder(
                tokenizer, maximumLength: task.sequenceLength ?? sequenceLength), limits: limits)
        let train = try loader.load(task.train, training: true, progress: progress)
        let evaluate = try loader.load(task.evaluate, training: false, progress: progress)
        for (path, examples) in [(task.train, train), (task.evaluate, evaluate)]
        where examples.inputCount == 0 {
            // Each skipped question has a reason.
            let reason = loader.notes.first { $0.hasPrefix(path + ":") }?.dropFirst(path.count)
            throw TaskDataError(path, "holds no example" + (reason ?? ""))
        }
        if let problem = task.metricProblem(classes: loader.labels.count) {
            throw TaskDataError(
                task.train, "metric: \(problem)", exitCode: ExitStatus.configuration)
        }
        return TaskData(
            labels: loader.labels, train: train, evaluate: evaluate, notes: loader.notes)
    }
}

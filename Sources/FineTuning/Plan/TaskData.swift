import ExitCoding
public import Tokenization

/// The examples of one file of a task.
public enum TaskExamples: Sendable {
    /// Texts and pairs (classification, multi-label, regression).
    case sequences([SequenceExample])
    /// Prompts with choices.
    case choices([ChoiceExample])
    /// Tagged sentences.
    case tagging([TaggingExample])
    /// Questions, with the file that holds their gold answers.
    case questions(QuestionFeatures, QuestionFile)

    /// The inputs of the model: for choices one each, for questions one a window.
    public var inputCount: Int {
        switch self {
        case .sequences(let examples): examples.count
        case .choices(let examples): examples.reduce(0) { $0 + $1.inputs.count }
        case .tagging(let examples): examples.count
        case .questions(let features, _): features.windows.count
        }
    }
}

/// What a task is learned from and scored on, ready for a model with a given tokenizer.
public struct TaskData: Sendable {
    /// The classes; without any for regression, choices and questions.
    public let labels: LabelMap
    /// What is learned from.
    public let train: TaskExamples
    /// What is scored on.
    public let evaluate: TaskExamples
    /// What a person should know: examples left out, words cut off.
    public let notes: [String]

    /// Reads both files of a task.
    ///
    /// - Parameters:
    ///   - sequenceLength: the most tokens of an input, where the task does not say.
    ///   - progress: called before each record is cut into tokens: a good moment to serve others.
    /// - Precondition: the task is part of a `FineTuningConfiguration` that was checked.
    /// - Throws: `TaskDataError` with file and line, also where the data has no such score as the
    ///   task's deciding metric.
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
            // Questions that were left out have a reason.
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

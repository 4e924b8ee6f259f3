import ExitCoding
public import Tokenization

/// Training and evaluation data of a task, encoded with a given tokenizer.
public struct TaskData: Sendable {
    /// Classes; empty for regression, choices and questions.
    public let labels: LabelMap
    /// Training examples.
    public let train: any TaskExamples
    /// Evaluation examples.
    public let evaluate: any TaskExamples
    /// Notes for the user: skipped examples, truncated words.
    public let notes: [String]

    /// Reads both files of a task.
    ///
    /// - Parameters:
    ///   - sequenceLength: maximum length of an input in tokens, unless the task sets its own.
    ///   - progress: called before each record is tokenized, so that the caller can handle other
    ///     work.
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
        let rules = task.kind.rules
        let train: any TaskExamples = try rules.read(
            task.train, training: true, with: &loader, progress: progress)
        let evaluate: any TaskExamples = try rules.read(
            task.evaluate, training: false, with: &loader, progress: progress)
        for (path, examples) in [(task.train, train), (task.evaluate, evaluate)]
        where examples.inputCount == 0 {
            // Each skipped question has a reason.
            let reason = loader.notes.first { $0.hasPrefix(path + ":") }?.dropFirst(path.count)
            throw TaskDataError(path, "holds no example" + (reason ?? ""))
        }
        if let problem = rules.metricProblem(task, classes: loader.labels.count) {
            throw TaskDataError(
                task.train, "metric: \(problem)", exitCode: ExitStatus.configuration)
        }
        return TaskData(
            labels: loader.labels, train: train, evaluate: evaluate, notes: loader.notes)
    }
}

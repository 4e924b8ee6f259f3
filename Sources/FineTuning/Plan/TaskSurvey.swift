import ExitCoding

/// Summary of a task's files, for the banner.
public struct TaskSurvey: Equatable, Sendable {
    /// The task's name.
    public let name: String
    /// Number of training inputs: texts, sentences, choices or windows.
    public let trainInputs: Int
    /// Number of evaluation inputs.
    public let evaluateInputs: Int
    /// Number of classes; 0 for regression, choices and questions.
    public let classes: Int
    /// Scores of the most frequent answer; see `TaskData.baseline`.
    public let baseline: TaskScores?

    /// Counts the data of a task.
    public init(_ data: TaskData, _ task: TaskDefinition) {
        name = task.name
        trainInputs = data.train.inputCount
        evaluateInputs = data.evaluate.inputCount
        classes = data.labels.count
        baseline = data.baseline(task)
    }

    /// "2 classes, 6920 training and 872 evaluation inputs".
    public var summary: String {
        let inputs =
            "\(trainInputs) training and \(evaluateInputs) evaluation inputs"
        return classes > 0 ? "\(counted(classes, "class", "classes")), \(inputs)" : inputs
    }
}

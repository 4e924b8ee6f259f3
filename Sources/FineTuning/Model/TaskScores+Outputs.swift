/// Index of the first maximum.
func largest(_ values: some RandomAccessCollection<Float>) -> Int {
    var best = values.startIndex
    for index in values.indices where values[index] > values[best] { best = index }
    return values.distance(from: values.startIndex, to: best)
}

extension TaskScores {
    /// Official scores of a model on the examples of a task.
    ///
    /// - Parameters:
    ///   - examples: labelled examples.
    ///   - labels: the classes.
    ///   - outputs: `TaskKind.condensed` output of each input, in order.
    ///   - progress: called before each question's answer search, which takes longer than other
    ///     scoring.
    /// - Precondition: the examples were read for a task of this kind.
    public static func scores(
        _ task: TaskDefinition, _ examples: any TaskExamples, labels: LabelMap,
        outputs: [[Float]], progress: () -> Void = {}
    ) -> TaskScores {
        precondition(outputs.count == examples.inputCount, "outputs for each input")
        return task.kind.rules.scores(
            task, ofAny: examples, labels: labels, outputs: outputs, progress: progress)
    }
}

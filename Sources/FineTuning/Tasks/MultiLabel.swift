import BERT

/// Rules of multi-label classification: any number of several classes for a text or a pair.
struct MultiLabel: TextRules {
    var metrics: [TaskMetric] { [.microF1, .macroF1, .accuracy] }

    var problemType: String? { "multi_label_classification" }

    func head(labels: Int) -> TaskHead { .multiLabel(classes: labels) }

    func collectLabels(
        _ table: TaskTable, column: Int, for loader: inout TaskLoader
    ) throws(TaskDataError) {
        let found = try table.labels(
            column: column, multiple: true, listed: loader.listedLabels)
        try loader.setLabels(found, table.path)
    }

    func target(
        _ table: TaskTable, _ row: TaskTable.Row, column: Int, labels: LabelMap
    ) throws(TaskDataError) -> TaskTarget {
        .categories(try table.categories(row, column, labels))
    }

    func baseline(
        _ task: TaskDefinition, train: [SequenceExample], evaluate: [SequenceExample],
        labels: LabelMap
    ) -> TaskScores? {
        var counts = [Int](repeating: 0, count: labels.count)
        for example in train { for id in example.categories { counts[id] += 1 } }
        let frequent = counts.indices.filter { 2 * counts[$0] > train.count }
        return .multiLabel(
            MultiLabelScores(
                gold: evaluate.map(\.categories), predicted: evaluate.map { _ in frequent },
                classes: labels.count))
    }

    func scores(
        _ task: TaskDefinition, _ examples: [SequenceExample], labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        .multiLabel(
            MultiLabelScores(
                gold: examples.map(\.categories), predicted: outputs.map(Self.likely),
                classes: labels.count))
    }

    /// Classes that are more probable than not.
    private static func likely(_ logits: [Float]) -> [Int] {
        logits.indices.filter { logits[$0] > 0 }
    }

    func accepts(_ task: FineTunedTask) -> Bool { !task.labels.isEmpty }

    private struct Answer: Encodable {
        /// Classes with a probability above one half.
        let labels: [String]
        /// Probability of each class.
        let probabilities: [String: Double]
    }

    func prediction(_ logits: [Float], labels: LabelMap) -> TaskPrediction {
        TaskPrediction(
            Answer(
                labels: Self.likely(logits).map { labels.names[$0] },
                probabilities: labels.named(logits.map { 1 / (1 + exponential(-Double($0))) })))
    }
}

extension TaskScores {
    /// Scores of a multi-label classification.
    public static func multiLabel(_ scores: MultiLabelScores) -> TaskScores {
        TaskScores([
            (.microF1, scores.microF1), (.macroF1, scores.macroF1),
            (.accuracy, scores.subsetAccuracy),
        ])
    }
}

extension TaskTable {
    /// The classes of a record, in ascending order.
    ///
    /// - Throws: `TaskDataError` if it has no list, or a class that `map` does not have.
    package func categories(
        _ row: Row, _ column: Int, _ map: LabelMap
    ) throws(TaskDataError) -> [Int] {
        var ids: Set<Int> = []
        for name in try labels(row, column) { ids.insert(try id(name, map, row)) }
        return ids.sorted()
    }
}

extension SequenceExample {
    /// The classes.
    fileprivate var categories: [Int] {
        guard case .categories(let ids) = target else {
            preconditionFailure("an example of a multi-label classification")
        }
        return ids
    }
}

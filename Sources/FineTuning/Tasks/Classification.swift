import BERT
import Formats

/// Rules of classification: one of several classes for a text or a pair of texts.
struct Classification: TextRules {
    var metrics: [TaskMetric] { [.accuracy, .f1, .macroF1, .matthews] }

    var problemType: String? { "single_label_classification" }

    func head(labels: Int) -> TaskHead { .classification(classes: labels) }

    func problems(
        _ task: TaskDefinition, _ path: String, sequenceLength: Int
    ) -> [Inconsistency] {
        var problems: [Inconsistency] = []
        if task.labels.count == 1 {
            problems.append(
                task.problem(
                    path, "labels", "kind", text: ": there is one class only; list at least two"))
        }
        if task.labels.count > 1, let reason = metricProblem(task, classes: task.labels.count) {
            problems.append(task.problem(path, "metric", "labels", "kind", text: ": \(reason)"))
        }
        return problems
    }

    func metricProblem(_ task: TaskDefinition, classes: Int) -> String? {
        guard task.decidingMetric == .f1, classes != 2 else { return nil }
        return "f1 is that of class 1 of two, and there are \(classes); use macro_f1, accuracy or "
            + "matthews"
    }

    func collectLabels(
        _ table: TaskTable, column: Int, for loader: inout TaskLoader
    ) throws(TaskDataError) {
        let found = try table.labels(column: column, listed: loader.listedLabels)
        try loader.setLabels(found, table.path)
        guard found.count > 1 || loader.listedLabels != nil else {
            throw TaskDataError(
                table.path,
                "every record has the label \(visible(found.names[0])): there is nothing to "
                    + "learn; is this the right column?")
        }
    }

    func target(
        _ table: TaskTable, _ row: TaskTable.Row, column: Int, labels: LabelMap
    ) throws(TaskDataError) -> TaskTarget {
        .category(try table.category(row, column, labels))
    }

    func baseline(
        _ task: TaskDefinition, train: [SequenceExample], evaluate: [SequenceExample],
        labels: LabelMap
    ) -> TaskScores? {
        let largest = mostFrequent(train.lazy.map(\.category)) ?? 0
        return .classification(
            ConfusionMatrix(
                gold: evaluate.map(\.category), predicted: evaluate.map { _ in largest },
                classes: labels.count))
    }

    func scores(
        _ task: TaskDefinition, _ examples: [SequenceExample], labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        .classification(
            ConfusionMatrix(
                gold: examples.map(\.category), predicted: outputs.map { largest($0) },
                classes: labels.count))
    }

    func accepts(_ task: FineTunedTask) -> Bool { !task.labels.isEmpty }

    private struct Answer: Encodable {
        /// The most probable class.
        let label: String
        let probability: Double
        /// Probability of each class.
        let probabilities: [String: Double]
    }

    func prediction(_ logits: [Float], labels: LabelMap) -> TaskPrediction {
        let probabilities = softmax(logits.map { Double($0) })
        let best = largest(logits)
        return TaskPrediction(
            Answer(
                label: labels.names[best], probability: probabilities[best],
                probabilities: labels.named(probabilities)))
    }
}

extension TaskScores {
    /// Scores of a classification. `f1` is omitted unless there are two classes.
    public static func classification(_ matrix: ConfusionMatrix) -> TaskScores {
        var scores: [(TaskMetric, Double)] = [(.accuracy, matrix.accuracy)]
        if matrix.classes == 2 { scores.append((.f1, matrix.f1(1))) }
        return TaskScores(
            scores + [(.macroF1, matrix.macroF1), (.matthews, matrix.matthews)])
    }
}

extension TaskTable {
    /// The class of a record.
    ///
    /// - Throws: `TaskDataError` if it has none, or one that `map` does not have.
    package func category(
        _ row: Row, _ column: Int, _ map: LabelMap
    ) throws(TaskDataError) -> Int {
        try id(try label(row, column), map, row)
    }
}

extension SequenceExample {
    /// The class.
    fileprivate var category: Int {
        guard case .category(let id) = target else {
            preconditionFailure("an example of a classification")
        }
        return id
    }
}

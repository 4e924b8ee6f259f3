import BERT

/// Rules of regression: a number for a text or a pair.
struct Regression: TextRules {
    var metrics: [TaskMetric] { [.spearman, .pearson] }

    var problemType: String? { "regression" }

    func head(labels: Int) -> TaskHead { .regression }

    /// Hugging Face reads the number of outputs from the number of names.
    func outputNames(_ labels: [String]) -> [String] { ["LABEL_0"] }

    /// Numbers have no classes.
    func collectLabels(
        _ table: TaskTable, column: Int, for loader: inout TaskLoader
    ) throws(TaskDataError) {}

    func target(
        _ table: TaskTable, _ row: TaskTable.Row, column: Int, labels: LabelMap
    ) throws(TaskDataError) -> TaskTarget {
        .score(try table.score(row, column))
    }

    func baseline(
        _ task: TaskDefinition, train: [SequenceExample], evaluate: [SequenceExample],
        labels: LabelMap
    ) -> TaskScores? {
        let mean = train.reduce(0) { $0 + $1.score } / Double(train.count)
        return .regression(gold: evaluate.map(\.score), predicted: evaluate.map { _ in mean })
    }

    func scores(
        _ task: TaskDefinition, _ examples: [SequenceExample], labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        .regression(gold: examples.map(\.score), predicted: outputs.map { Double($0[0]) })
    }

    func accepts(_ task: FineTunedTask) -> Bool { true }

    private struct Answer: Encodable {
        /// The predicted number.
        let score: Double
    }

    func prediction(_ logits: [Float], labels: LabelMap) -> TaskPrediction {
        TaskPrediction(Answer(score: Double(logits[0])))
    }
}

extension TaskScores {
    /// Scores of a regression.
    public static func regression(gold: [Double], predicted: [Double]) -> TaskScores {
        TaskScores([
            (.spearman, Correlation.spearman(gold, predicted)),
            (.pearson, Correlation.pearson(gold, predicted)),
        ])
    }
}

extension TaskTable {
    /// The number of a record.
    ///
    /// - Throws: `TaskDataError` if it is missing, not a number, or too large for the loss.
    package func score(_ row: Row, _ column: Int) throws(TaskDataError) -> Double {
        let text = try label(row, column)
        guard let score = Self.score(text) else {
            throw TaskDataError(
                path, line: row.line,
                "the label must be a decimal number from -1e18 to 1e18, found \(visible(text))")
        }
        return score
    }

    /// Parses a number; nil if the text is not a number, or if its square, which the loss contains,
    /// would not be finite in 32 bits. Hexadecimal numbers, which Swift accepts, are rejected.
    private static func score(_ text: String) -> Double? {
        guard text.allSatisfy("0123456789+-.eE".contains), let score = Double(text),
            abs(score) <= 1e18
        else { return nil }
        return score
    }
}

extension SequenceExample {
    /// The number.
    fileprivate var score: Double {
        guard case .score(let score) = target else {
            preconditionFailure("an example of a regression")
        }
        return score
    }
}

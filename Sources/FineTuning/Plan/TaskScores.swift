/// Scores of a model on the evaluation data of a task, for every metric of its kind.
public struct TaskScores: Equatable, Sendable, Codable {
    /// Value of one metric.
    public struct Score: Equatable, Sendable, Codable {
        /// The metric.
        public let metric: TaskMetric
        /// Value; nil if undefined (correlations of constant predictions).
        public let value: Double?
    }

    /// Scores in the order of `TaskKind.metrics`.
    public let scores: [Score]

    init(_ scores: [(TaskMetric, Double)]) {
        self.scores = scores.map { Score(metric: $0, value: $1.isFinite ? $1 : nil) }
    }

    /// Value of a metric; nil if it was not measured or is undefined.
    public subscript(metric: TaskMetric) -> Double? {
        scores.first { $0.metric == metric }?.value
    }

    /// Scores of a classification. `f1` is omitted unless there are two classes.
    public static func classification(_ matrix: ConfusionMatrix) -> TaskScores {
        var scores: [(TaskMetric, Double)] = [(.accuracy, matrix.accuracy)]
        if matrix.classes == 2 { scores.append((.f1, matrix.f1(1))) }
        return TaskScores(
            scores + [(.macroF1, matrix.macroF1), (.matthews, matrix.matthews)])
    }

    /// Scores of a multi-label classification.
    public static func multiLabel(_ scores: MultiLabelScores) -> TaskScores {
        TaskScores([
            (.microF1, scores.microF1), (.macroF1, scores.macroF1),
            (.accuracy, scores.subsetAccuracy),
        ])
    }

    /// Scores of a regression.
    public static func regression(gold: [Double], predicted: [Double]) -> TaskScores {
        TaskScores([
            (.spearman, Correlation.spearman(gold, predicted)),
            (.pearson, Correlation.pearson(gold, predicted)),
        ])
    }

    /// Scores of tagged sentences.
    public static func tagging(_ scores: EntityScores) -> TaskScores {
        TaskScores([(.entityF1, scores.overall.f1), (.accuracy, scores.accuracy)])
    }

    /// Scores of answers.
    public static func questionAnswering(_ scores: [AnswerScore]) -> TaskScores {
        let percent = AnswerScore.percent(scores)
        return TaskScores([(.f1, percent.f1 / 100), (.exactMatch, percent.exactMatch / 100)])
    }

    /// Scores of choices.
    public static func multipleChoice(correct: Int, of count: Int) -> TaskScores {
        TaskScores([(.accuracy, ratio(correct, count))])
    }
}

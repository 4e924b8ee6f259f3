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
}

/// Summary of the scores of several runs of the same setting, such as the seeds of a fine-tuning.
public struct ScoreSummary: Equatable, Sendable {
    /// Number of runs.
    public let count: Int
    /// Mean of the scores.
    public let mean: Double
    /// The sample standard deviation, with `count - 1`; nil for one run.
    public let standardDeviation: Double?
    /// Half the width of the confidence interval of the mean by Student's t; nil for one run.
    public let halfWidth: Double?
    /// Best score.
    public let best: Double

    /// - Parameters:
    ///   - scores: at least one, all finite; higher is better.
    ///   - confidence: level of the interval.
    public init(_ scores: [Double], confidence: Double = 0.95) {
        precondition(!scores.isEmpty && scores.allSatisfy(\.isFinite), "finite scores")
        count = scores.count
        let mean = scores.reduce(0, +) / Double(count)
        self.mean = mean
        best = scores.max() ?? mean
        guard count > 1 else {
            standardDeviation = nil
            halfWidth = nil
            return
        }
        let deviation = sampleDeviation(scores)
        standardDeviation = deviation
        halfWidth =
            StudentT.critical(confidence: confidence, degrees: Double(count - 1)) * deviation
            / Double(count).squareRoot()
    }

    /// The confidence interval of the mean; nil for one run.
    public var interval: ClosedRange<Double>? { halfWidth.map { mean - $0...mean + $0 } }
}

/// The sample standard deviation of two or more values.
func sampleDeviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
}

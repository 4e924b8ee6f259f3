/// Tracks a trial's scores: the best evaluation so far, and whether to stop early.
public struct EarlyStopping: Equatable, Sendable, Codable {
    /// Evaluations without improvement before stopping; 0 never stops.
    public let patience: Int
    /// Minimum increase that counts as an improvement.
    public let minimumImprovement: Double
    /// Best score so far; nil before the first defined one.
    public private(set) var best: Double?
    /// Index of the evaluation with the best score, from 0.
    public private(set) var bestEvaluation: Int?
    /// Number of evaluations so far.
    public private(set) var evaluations = 0
    private var sinceImprovement = 0

    /// Starts with no evaluations.
    public init(patience: Int, minimumImprovement: Double = 0) {
        precondition(patience >= 0 && minimumImprovement >= 0)
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// Records the score of an evaluation; an undefined score (nil) is worse than any other.
    ///
    /// - Returns: whether this is the best score so far, by any margin, so that its weights are
    ///   kept.
    public mutating func take(_ score: Double?) -> Bool {
        defer { evaluations += 1 }
        guard let score, score.isFinite else {
            sinceImprovement += 1
            return false
        }
        guard let best else {
            (self.best, bestEvaluation, sinceImprovement) = (score, evaluations, 0)
            return true
        }
        let improves = score > best && score - best >= minimumImprovement
        sinceImprovement = improves ? 0 : sinceImprovement + 1
        guard score > best else { return false }
        (self.best, bestEvaluation) = (score, evaluations)
        return true
    }

    /// Whether the trial has gone `patience` evaluations without improvement.
    public var shouldStop: Bool { patience > 0 && sinceImprovement >= patience }
}

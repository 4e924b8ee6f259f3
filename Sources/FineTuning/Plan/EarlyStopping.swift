/// Watches the scores of a trial: which evaluation was the best, and whether to go on.
public struct EarlyStopping: Equatable, Sendable, Codable {
    /// Evaluations without improvement after which to stop; 0 never stops.
    public let patience: Int
    /// What counts as an improvement.
    public let minimumImprovement: Double
    /// The best score so far; nil before the first defined one.
    public private(set) var best: Double?
    /// The evaluation it was found in, from 0.
    public private(set) var bestEvaluation: Int?
    /// Evaluations so far.
    public private(set) var evaluations = 0
    private var sinceImprovement = 0

    /// Before the first evaluation.
    public init(patience: Int, minimumImprovement: Double = 0) {
        precondition(patience >= 0 && minimumImprovement >= 0)
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// Takes the score of an evaluation; nil, where it is not defined, is worse than any.
    ///
    /// - Returns: whether this is the best so far, by however little, so that the weights are kept.
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

    /// Whether the trial has not improved for too long.
    public var shouldStop: Bool { patience > 0 && sinceImprovement >= patience }
}

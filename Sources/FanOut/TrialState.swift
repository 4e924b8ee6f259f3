import FineTuning
import Optimization

/// All small state that changes while a trial runs.
struct TrialState: Codable, Equatable {
    /// Since version 3 a state has a manifest with hashes.
    static let newestVersion = 3
    static let oldestVersion = 2

    var version = Self.newestVersion
    /// Identifier of everything that determines the trial; a state of other settings is useless.
    var settings: String
    /// Number of batches taken, over all epochs.
    var batches = 0
    /// Number of updates made: batches without those that overflowed. The schedule counts them.
    var updates = 0
    /// Number of evaluations made.
    var evaluations = 0
    var earlyStopping: EarlyStopping
    /// Scores of the best evaluation; nil before the first defined one.
    var best: TaskScores?
    /// Scores of the last evaluation.
    var last: TaskScores?
    /// Seconds of work, over all parts of the attempt.
    var seconds = 0.0
    var lossScale: Double
    var cleanBatches = 0
    var hysteresisLeft = 0
    var overflowsInARow = 0
    var overflowsAtMinimum = 0
    /// Curves for plotting.
    var curve = TrialCurve()

    init(settings: String, earlyStopping: EarlyStopping, scaler: LossScaler) {
        self.settings = settings
        self.earlyStopping = earlyStopping
        lossScale = scaler.scale
        self.scaler = scaler.state
    }

    /// State of the loss scaler.
    var scaler: LossScaler.State {
        get {
            var state = LossScaler.State(scale: lossScale)
            state.cleanSteps = cleanBatches
            state.hysteresisLeft = hysteresisLeft
            state.overflowsInARow = overflowsInARow
            state.overflowsAtMinimum = overflowsAtMinimum
            return state
        }
        set {
            lossScale = newValue.scale
            cleanBatches = newValue.cleanSteps
            hysteresisLeft = newValue.hysteresisLeft
            overflowsInARow = newValue.overflowsInARow
            overflowsAtMinimum = newValue.overflowsAtMinimum
        }
    }
}

/// Losses and scores over a trial: `curve.json`.
struct TrialCurve: Codable, Equatable {
    /// Mean loss of some consecutive batches, and the number of the last one.
    struct Loss: Codable, Equatable {
        var batch: Int
        var loss: Double
    }

    /// Deciding metric after a batch; nil if undefined.
    struct Score: Codable, Equatable {
        var batch: Int
        var score: Double?
    }

    var losses: [Loss] = []
    var scores: [Score] = []
    private var sum = 0.0
    private var count = 0

    /// Adds the loss of a batch; the curve has about 200 points in total.
    mutating func add(_ loss: Double, batch: Int, total: Int) {
        sum += loss
        count += 1
        if count >= max(1, total / 200) { endPoint(batch: batch) }
    }

    /// Ends the last point, where `batch` is the trial's last.
    mutating func endPoint(batch: Int) {
        guard count > 0 else { return }
        losses.append(Loss(batch: batch, loss: sum / Double(count)))
        (sum, count) = (0, 0)
    }

    /// Content of `curve.json`.
    var file: some Encodable { File(losses: losses, scores: scores) }

    private struct File: Encodable {
        let losses: [Loss]
        let scores: [Score]
    }
}

import FineTuning
import Optimization

/// Everything small that changes while a trial runs.
struct TrialState: Codable, Equatable {
    /// Since 3 a manifest with hashes lies beside a state.
    static let newestVersion = 3
    static let oldestVersion = 2

    var version = Self.newestVersion
    /// Names everything that decides the trial: a state of other settings is worthless.
    var settings: String
    /// Batches taken, of all epochs.
    var batches = 0
    /// Updates made: batches but for those that overflowed. The schedule goes by them.
    var updates = 0
    /// Evaluations made.
    var evaluations = 0
    var earlyStopping: EarlyStopping
    /// The scores of the best evaluation; nil before the first defined one.
    var best: TaskScores?
    /// The scores of the last evaluation.
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

    /// The state of the loss scaler.
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
    /// The mean loss of some batches in a row, and the last of them.
    struct Loss: Codable, Equatable {
        var batch: Int
        var loss: Double
    }

    /// The deciding metric after a batch; nil where it was not defined.
    struct Score: Codable, Equatable {
        var batch: Int
        var score: Double?
    }

    var losses: [Loss] = []
    var scores: [Score] = []
    private var sum = 0.0
    private var count = 0

    /// Adds the loss of a batch; there are about 200 points in all.
    mutating func add(_ loss: Double, batch: Int, total: Int) {
        sum += loss
        count += 1
        if count >= max(1, total / 200) { endPoint(batch: batch) }
    }

    /// Ends the last point, `batch` being the trial's last.
    mutating func endPoint(batch: Int) {
        guard count > 0 else { return }
        losses.append(Loss(batch: batch, loss: sum / Double(count)))
        (sum, count) = (0, 0)
    }

    /// The content of `curve.json`.
    var file: some Encodable { File(losses: losses, scores: scores) }

    private struct File: Encodable {
        let losses: [Loss]
        let scores: [Score]
    }
}

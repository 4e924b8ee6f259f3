import Checkpointing
import DurableFiles
import FineTuning
import FoundationEssentials
import Optimization
import Tensors

/// Everything small that changes while a trial runs.
struct TrialState: Codable, Equatable {
    var version = 2
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
    /// What is drawn of the trial later.
    var curve = TrialCurve()

    init(settings: String, earlyStopping: EarlyStopping, scaler: LossScaler) {
        self.settings = settings
        self.earlyStopping = earlyStopping
        lossScale = scaler.scale
        self.scaler = scaler.state
    }

    /// Where the loss scaler stands.
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

    /// What `curve.json` shows.
    var file: some Encodable { File(losses: losses, scores: scores) }

    private struct File: Encodable {
        let losses: [Loss]
        let scores: [Score]
    }
}

/// The folder of a trial: the state of one that was interrupted, the model of one that was the best
/// of its task so far, and its curve.
struct TrialDirectory {
    let path: String

    private static let arrays = "arrays.safetensors"
    private static let state = "state.json"

    init(_ run: String, _ trial: Trial) { path = Paths.join(Paths.join(run, "trials"), trial.key) }

    /// The model, to be moved to its place.
    var model: String { Paths.join(path, "model") }

    private var stateDirectory: String { Paths.join(path, "state") }

    /// Finishes or takes back what a killed job left halfway, and deletes what is of no use: a model
    /// that was not taken, and a state of other settings. Only one rank may do this.
    ///
    /// - Returns: whether there is a state to go on from.
    func prepare(settings: String) throws -> Bool {
        try PendingDirectory.removeStale(in: path, .all)
        if try Paths.exists(model) { try PendingDirectory.retire(model) }
        guard try Paths.exists(Paths.join(stateDirectory, Self.state)) else { return false }
        if try readState().settings == settings { return true }
        try removeState()
        return false
    }

    /// Writes a state; it appears whole, or the one before stays.
    func write(
        _ state: TrialState, _ arrays: [(name: String, values: Vector<Float>)]
    ) throws {
        let bytes = arrays.reduce(0) { $0 + $1.values.count * 4 }
        let pending = try PendingDirectory(
            target: stateDirectory, replacing: true, neededBytes: bytes + (1 << 20))
        try FlatArrays.write(Paths.join(pending.path, Self.arrays), arrays)
        try WholeFiles.writeAtomically(
            Paths.join(pending.path, Self.state), try JSONEncoder().encode(state))
        try pending.publishPlain()
    }

    func readState() throws -> TrialState {
        let path = Paths.join(stateDirectory, Self.state)
        let bytes = try WholeFiles.read(path, maximumByteCount: 1 << 24)
        do {
            let state = try JSONDecoder().decode(TrialState.self, from: Data(bytes))
            guard state.version == 2 else { throw FanOutError("version \(state.version)") }
            return state
        } catch {
            throw FanOutError(
                "\(path) is not the state of a trial (\(error)); delete \(stateDirectory) to start "
                    + "the trial anew")
        }
    }

    func readArrays(_ arrays: [(name: String, values: Vector<Float>)]) throws {
        try FlatArrays.read(Paths.join(stateDirectory, Self.arrays), into: arrays)
    }

    /// Forgets the state.
    func removeState() throws {
        guard try Paths.exists(stateDirectory) else { return }
        try PendingDirectory.retire(stateDirectory)
    }

    func write(_ curve: TrialCurve) throws {
        try Paths.createDirectory(path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        try WholeFiles.writeAtomically(
            Paths.join(path, "curve.json"), try encoder.encode(curve.file) + [10])
    }
}

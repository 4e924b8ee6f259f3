import Checkpointing
import DurableFiles
import FineTuning
import FoundationEssentials
import Tensors

/// Folder of a trial: the state of an interrupted one, the model of one that was the best of its
/// task so far, and its curve.
struct TrialDirectory {
    let path: String
    private let run: FanOutDirectory

    private static let arrays = "arrays.safetensors"
    private static let state = "state.json"
    private static let formatVersion = 1

    /// Metadata of a state's manifest: none.
    private struct NoMetadata: Codable, Sendable {}

    init(_ run: FanOutDirectory, _ trial: Trial) {
        self.run = run
        path = Paths.join(Paths.join(run.path, "trials"), trial.key)
    }

    /// Path of the model before it is promoted.
    var model: String { Paths.join(path, "model") }

    private var stateDirectory: String { Paths.join(path, "state") }

    /// Completes or reverts what a killed job left unfinished, and deletes a model that was not
    /// promoted. Only one rank may call this.
    ///
    /// - Returns: whether a state exists.
    func prepare() throws -> Bool {
        try run.requireLock()
        try PendingDirectory.removeStale(in: path, .all)
        if try Paths.exists(model) { try discardModel() }
        return try Paths.exists(stateDirectory)
    }

    /// Deletes a model that is not the best of its task.
    func discardModel() throws {
        try run.requireLock()
        try PendingDirectory.retire(model)
    }

    // MARK: The state

    /// A saved state as found on disk.
    enum Kept {
        /// A state whose files are intact.
        case whole(TrialState)
        /// A state that cannot be resumed, with the reason.
        case damaged(String)
    }

    /// Writes a state atomically with the hashes of its files; if that fails, the previous one
    /// stays.
    func write(
        _ state: TrialState, _ arrays: [(name: String, values: Vector<Float>)]
    ) throws {
        try run.requireLock()
        let bytes = arrays.reduce(0) { $0 + $1.values.count * 4 }
        let pending = try PendingDirectory(
            target: stateDirectory, replacing: true, neededBytes: bytes + (1 << 20))
        try FlatArrays.write(Paths.join(pending.path, Self.arrays), arrays)
        try WholeFiles.writeAtomically(
            Paths.join(pending.path, Self.state), try JSONEncoder().encode(state))
        try run.requireLock()
        try pending.publish(formatVersion: Self.formatVersion, metadata: NoMetadata())
    }

    /// Reads the state and verifies all files by their hashes.
    ///
    /// - Throws: if they cannot be read, because it is then unknown whether they are damaged.
    func readState() throws -> Kept {
        do {
            let hasManifest = try Paths.exists(Paths.join(stateDirectory, ManifestFile.name))
            if hasManifest {
                try Manifest<NoMetadata>.read(
                    from: stateDirectory, supportedVersion: Self.formatVersion
                ).verify(stateDirectory)
            }
            let path = Paths.join(stateDirectory, Self.state)
            let bytes = try WholeFiles.read(path, maximumByteCount: 1 << 24)
            let state = try JSONDecoder().decode(TrialState.self, from: Data(bytes))
            guard (TrialState.oldestVersion...TrialState.newestVersion).contains(state.version)
            else { return .damaged("\(path) has version \(state.version)") }
            guard hasManifest || state.version < TrialState.newestVersion else {
                return .damaged("\(stateDirectory) has no \(ManifestFile.name)")
            }
            return .whole(state)
        } catch let error as FileError where error.cause != .inputOutput {
            return .damaged("\(error)")
        } catch let error as DecodingError {
            return .damaged("\(stateDirectory): \(ManifestFile.explain(error))")
        }
    }

    /// Reads the arrays of an intact state.
    func readArrays(_ arrays: [(name: String, values: Vector<Float>)]) throws {
        try FlatArrays.read(Paths.join(stateDirectory, Self.arrays), into: arrays)
    }

    /// Deletes the state.
    func removeState() throws {
        guard try Paths.exists(stateDirectory) else { return }
        try run.requireLock()
        try PendingDirectory.retire(stateDirectory)
    }

    // MARK: The curve

    func write(_ curve: TrialCurve) throws {
        try run.requireLock()
        try Paths.createDirectory(path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        try WholeFiles.writeAtomically(
            Paths.join(path, "curve.json"), try encoder.encode(curve.file) + [10])
    }
}

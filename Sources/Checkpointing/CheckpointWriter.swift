public import DurableFiles
public import Tensors

/// Writes one checkpoint, using many ranks at once:
///
/// 1. rank 0: `begin`; it broadcasts the `path`;
/// 2. all: `CheckpointShare.write`, which returns the manifest entries of its files;
/// 3. rank 0, once it has received all entries: `publish`.
///
/// No step communicates with other ranks, so each may run on a background thread during training.
/// Until `publish` ends, nothing exists under the checkpoint's name. A writer that dies leaves a
/// hidden directory, which `CheckpointStore.removeStale` deletes.
public struct CheckpointWriter: ~Copyable, Sendable {
    private let pending: PendingDirectory
    private let step: Int

    /// Hidden directory that all ranks write into.
    public var path: String { pending.path }

    /// Starts a checkpoint.
    /// - Parameters:
    ///   - store: the run's checkpoints.
    ///   - step: number of optimizer updates done.
    ///   - parameterCount: size of the flat block; determines the free space that is required.
    /// - Throws: `FileError` if a checkpoint of that step exists, or space is insufficient.
    public static func begin(
        in store: CheckpointStore, step: Int, parameterCount: Int
    ) throws -> CheckpointWriter {
        try begin(
            target: Paths.join(store.directory, CheckpointFiles.directoryName(step: step)),
            step: step, parameterCount: parameterCount, replacing: false, withMoments: true,
            remedy: "a run never replaces a checkpoint; move it away")
    }

    static func begin(
        target: String, step: Int, parameterCount: Int, replacing: Bool, withMoments: Bool,
        remedy: String
    ) throws -> CheckpointWriter {
        // Parameters and both moments in fp32, padding of the last chunks, and a margin for
        // vocabulary and metadata.
        let numbers = parameterCount * 4 * (withMoments ? 3 : 1)
        let needed = numbers + numbers / 64 + (4 << 20)
        return CheckpointWriter(
            pending: try PendingDirectory(
                target: target, replacing: replacing, neededBytes: needed, remedy: remedy),
            step: step)
    }

    private init(pending: consuming PendingDirectory, step: Int) {
        self.pending = pending
        self.step = step
    }

    /// Writes `model.h5` and syncs it.
    /// - Parameters:
    ///   - path: the writer's `path`.
    ///   - layout: names and shapes of the block.
    ///   - parameters: the flat block.
    /// - Returns: its entry of the manifest.
    @discardableResult
    public static func writeModel(
        path: String, layout: ParameterLayout, parameters: Span<Float>,
        description: ModelDescription, state: TrainingState
    ) throws -> ManifestEntry {
        precondition(parameters.count == layout.count, "the block has the size of the layout")
        try ModelFile.write(
            directory: path, layout: layout, description: description, state: state
        ) { parameter, write in try write(parameters.extracting(parameter.range)) }
        return try settled(CheckpointFiles.model, in: path)
    }

    func writeModel(
        layout: ParameterLayout, description: ModelDescription, state: TrainingState,
        next: (Parameter, (Span<Float>) throws -> Void) throws -> Void
    ) throws {
        try ModelFile.write(
            directory: path, layout: layout, description: description, state: state, next: next)
    }

    /// Writes one rank's range of the moments and syncs it.
    /// - Parameters:
    ///   - path: the writer's `path`, broadcast by rank 0.
    ///   - index: index of the part, from 0.
    ///   - count: number of parts; their ranges together cover `0..<total` exactly once.
    ///   - range: the flat range of this part.
    ///   - total: size of the flat block.
    ///   - optimizer: name of the optimizer, the same in all parts.
    ///   - firstMoment: `exp_avg` of the range.
    ///   - secondMoment: `exp_avg_sq` of the range.
    /// - Returns: its entry of the manifest.
    @discardableResult
    public static func writeOptimizerPart(
        path: String, index: Int, of count: Int, range: Range<Int>, total: Int, optimizer: String,
        firstMoment: Span<Float>, secondMoment: Span<Float>
    ) throws -> ManifestEntry {
        precondition((0..<count).contains(index), "part \(index) of \(count)")
        let name = CheckpointFiles.optimizerPart(index, of: count)
        try OptimizerParts.write(
            Paths.join(path, name), range: range, total: total, optimizer: optimizer,
            firstMoment: firstMoment, secondMoment: secondMoment)
        return try settled(name, in: path)
    }

    /// Syncs and hashes a file on the rank that wrote it, so that all ranks do this in parallel.
    private static func settled(_ name: String, in path: String) throws -> ManifestEntry {
        try Durability.sync(Paths.join(path, name))
        return try ManifestEntry(describing: name, in: path)
    }

    /// Checks that all files exist and are consistent, then writes the manifest and renames the
    /// directory.
    /// - Parameter files: manifest entries from the ranks that wrote the files; if nil, all files
    ///   are hashed here.
    /// - Returns: the published checkpoint.
    public consuming func publish(files: [ManifestEntry]? = nil) throws -> Checkpoint {
        let target = pending.target
        let summary = try Checkpoint.summarize(path)
        guard summary.step == step else {
            throw CheckpointError(
                .badData, path, "is of step \(summary.step) where \(step) was announced")
        }
        try pending.publish(
            formatVersion: CheckpointFiles.formatVersion, metadata: summary, files: files)
        return try Checkpoint(directory: target)
    }

    /// Stops without publishing or deleting, as if the process had been killed.
    package consuming func abandon() -> String { pending.abandon() }
}

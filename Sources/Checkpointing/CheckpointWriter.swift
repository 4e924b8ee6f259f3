import DurableFiles
public import Tensors

/// Writes one checkpoint, by many ranks at once:
///
/// 1. rank 0: `begin`; it tells the others the `path`;
/// 2. rank 0: `writeModel`; every rank meanwhile: `CheckpointWriter.writeOptimizerPart`;
/// 3. all: barrier;
/// 4. rank 0: `publish`.
///
/// Until the end of `publish` nothing is seen under the checkpoint's name; a writer that dies
/// leaves a hidden directory, which `CheckpointStore.removeStale` deletes.
public struct CheckpointWriter: ~Copyable {
    private let pending: PendingDirectory
    private let step: Int

    /// The hidden directory that all ranks write into.
    public var path: String { pending.path }

    /// Starts a checkpoint.
    /// - Parameters:
    ///   - store: where the run's checkpoints lie.
    ///   - step: optimizer updates done.
    ///   - parameterCount: size of the flat block; decides how much space must be free.
    /// - Throws: `FileError` where a checkpoint of that step exists, or space is short.
    public static func begin(
        in store: CheckpointStore, step: Int, parameterCount: Int
    ) throws -> CheckpointWriter {
        try begin(
            target: Paths.join(store.directory, CheckpointFiles.directoryName(step: step)),
            step: step, parameterCount: parameterCount, replacing: false, withMoments: true)
    }

    static func begin(
        target: String, step: Int, parameterCount: Int, replacing: Bool, withMoments: Bool
    ) throws -> CheckpointWriter {
        // Parameters and both moments in fp32, and some for vocabulary and metadata.
        let needed = parameterCount * 4 * (withMoments ? 3 : 1) + (4 << 20)
        return CheckpointWriter(
            pending: try PendingDirectory(
                target: target, replacing: replacing, neededBytes: needed),
            step: step)
    }

    private init(pending: consuming PendingDirectory, step: Int) {
        self.pending = pending
        self.step = step
    }

    /// Writes `model.h5`.
    /// - Parameters:
    ///   - layout: names and shapes of the block.
    ///   - parameters: the flat block.
    public func writeModel(
        layout: ParameterLayout, parameters: Span<Float>, description: ModelDescription,
        state: TrainingState
    ) throws {
        precondition(parameters.count == layout.count, "the block has the size of the layout")
        precondition(state.step == step, "the state is that of the step announced")
        try ModelFile.write(
            directory: path, layout: layout, description: description, state: state
        ) { parameter, write in try write(parameters.extracting(parameter.range)) }
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
    ///   - path: the writer's `path`, as told by rank 0.
    ///   - index: which part, from 0.
    ///   - count: number of parts; their ranges together cover `0..<total` exactly once.
    ///   - range: the flat range of this part.
    ///   - total: size of the flat block.
    ///   - optimizer: its name, the same in all parts.
    ///   - firstMoment: `exp_avg` of the range.
    ///   - secondMoment: `exp_avg_sq` of the range.
    public static func writeOptimizerPart(
        path: String, index: Int, of count: Int, range: Range<Int>, total: Int, optimizer: String,
        firstMoment: Span<Float>, secondMoment: Span<Float>
    ) throws {
        precondition((0..<count).contains(index), "part \(index) of \(count)")
        let part = Paths.join(path, CheckpointFiles.optimizerPart(index, of: count))
        try OptimizerParts.write(
            part, range: range, total: total, optimizer: optimizer, firstMoment: firstMoment,
            secondMoment: secondMoment)
        // Here, so that ranks sync side by side instead of rank 0 one file after the other.
        try Durability.sync(part)
    }

    /// Checks that all parts are there, then hashes, syncs and renames.
    /// - Returns: the published checkpoint.
    public consuming func publish() throws -> Checkpoint {
        let target = pending.target
        let summary = try Checkpoint.summarize(path)
        try pending.publish(formatVersion: CheckpointFiles.formatVersion, metadata: summary)
        return try Checkpoint(directory: target)
    }

    /// Stops without publishing and without deleting, as if the process had been killed.
    package consuming func abandon() -> String { pending.abandon() }
}

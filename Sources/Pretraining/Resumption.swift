import Checkpointing
import DurableFiles

/// Starting point of a run, found by the coordinator before the model is set up.
struct Resumption {
    /// Checkpoint to resume from; `nil` to start from the beginning.
    var checkpoint: Checkpoint?
    /// `TrainingState.resumedFrom` of the run from here on.
    var resumedFrom: String?
    /// `TrainingState.resumedFromPath` of the run from here on.
    var resumedFromPath: String?
    /// Warnings for the user.
    var notices: [String] = []

    /// A run without a checkpoint.
    init() {}

    /// Finds the checkpoint that `options` select, and verifies it.
    ///
    /// - Throws: `CheckpointError` or `FileError` if none is usable, `PretrainingError` (78) if two
    ///   runs would be mixed.
    init(_ options: RunOptions) throws {
        self.init()
        let store = CheckpointStore(run: options.directory)
        switch options.resume {
        case .path(let path): try rollBack(to: path, in: store)
        case .never:
            guard let entry = try store.list().first else { return }
            throw PretrainingError.configuration(
                "\(options.directory) already holds checkpoints (\(entry.path)); --resume never "
                    + "would mix two runs: choose another --run or run.name, or move it away")
        case .auto:
            let (newest, skipped) = try store.newestGood()
            if newest == nil, let first = skipped.first {
                throw PretrainingError.data(
                    "none of the \(skipped.count) checkpoints in \(store.directory) is good (the "
                        + "newest: \(first.reason)); move them away to start anew")
            }
            try resume(from: newest, skipped)
        }
    }

    /// Rolls back to a checkpoint named by the user, but only once. Later checkpoints of the run
    /// carry its digest, so that the same command, run again, resumes from them.
    private mutating func rollBack(to path: String, in store: CheckpointStore) throws {
        let own = try store.newestGood()
        let made = try own.checkpoint?.trainingState()
        let (named, skipped): (Checkpoint, [CheckpointStore.Skipped])
        do {
            (named, skipped) = try Checkpoint.open(path)
        } catch let error as CheckpointError
            where error.cause == .missing && made?.resumedFromPath == path
        {
            // The named checkpoint's run may have deleted it, which must not stop this run. A path
            // that this run has not seen before is a mistake.
            try resume(from: own.checkpoint, own.skipped)
            notices.append(
                "there is no checkpoint at \(path) any more: resuming from the newest one of this "
                    + "run, which resumed from there before")
            return
        }
        let digest = try named.digest()
        if made?.resumedFrom == digest {
            try resume(from: own.checkpoint, own.skipped)
            notices.append(
                "this run has gone on from \(path) before: resuming from its own newest "
                    + "checkpoint; choose another --run to start from there again")
        } else {
            checkpoint = named
            notices += skipped.map(\.description)
        }
        (resumedFrom, resumedFromPath) = (digest, path)
    }

    private mutating func resume(
        from newest: Checkpoint?, _ skipped: [CheckpointStore.Skipped]
    ) throws {
        checkpoint = newest
        let state = try newest?.trainingState()
        (resumedFrom, resumedFromPath) = (state?.resumedFrom, state?.resumedFromPath)
        notices += skipped.map(\.description)
    }
}

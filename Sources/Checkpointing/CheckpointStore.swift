import DurableFiles

/// Checkpoints of one run: the directories `step-00000500` in one parent.
public struct CheckpointStore: Sendable, Equatable {
    /// The parent, `RUN/checkpoints`.
    public let directory: String

    /// Makes the store of the checkpoints in a directory, which may not exist yet.
    public init(directory: String) { self.directory = directory }

    /// Makes the store of a run directory's checkpoints.
    public init(run: String) { directory = Paths.join(run, "checkpoints") }

    /// A directory with a checkpoint's name; its completeness is not known yet.
    public struct Entry: Sendable, Equatable {
        /// The directory.
        public let path: String
        /// The step of its name; 0 if the name has none.
        public let step: Int
    }

    /// A checkpoint that was skipped.
    public struct Skipped: Sendable, Equatable, CustomStringConvertible {
        /// The directory.
        public let path: String
        /// The damage.
        public let reason: String

        /// Both, as text for users.
        public var description: String { "passed over \(path): \(reason)" }
    }

    /// All candidates, newest first.
    public func list() throws -> [Entry] {
        guard try Paths.exists(directory) else { return [] }
        return try Paths.names(in: directory).compactMap { name in
            CheckpointFiles.step(ofDirectory: name).map {
                Entry(path: Paths.join(directory, name), step: $0)
            }
        }.sorted { $0.step > $1.step }
    }

    /// Finds the newest checkpoint that verifies, or nil if none does, and the faults of newer
    /// ones.
    ///
    /// If a live run deletes a checkpoint during the search, the search restarts.
    /// - Throws: `FileError` or `HDF5Error` if one could not be read, because it may be good.
    public func newestGood() throws -> (checkpoint: Checkpoint?, skipped: [Skipped]) {
        for _ in 0..<Self.maximumLooks {
            if let found = try newestGoodListed() { return found }
        }
        throw FileError(
            .inputOutput, directory,
            "its checkpoints are deleted faster than they are read; name one that is kept")
    }

    /// Maximum number of searches while a run deletes checkpoints.
    private static let maximumLooks = 10

    /// Nil if a listed checkpoint has vanished since.
    private func newestGoodListed() throws -> (checkpoint: Checkpoint?, skipped: [Skipped])? {
        var skipped: [Skipped] = []
        for entry in try list() {
            do {
                let checkpoint = try Checkpoint(directory: entry.path)
                try checkpoint.verify()
                return (checkpoint, skipped)
            } catch  where Checkpoint.isFaultOfContent(error) {
                // It was deleted during the search, so a newer one exists.
                if try !Paths.exists(entry.path) { return nil }
                skipped.append(Skipped(path: entry.path, reason: "\(error)"))
            }
        }
        return (nil, skipped)
    }

    /// Deletes leftovers of killed writers; only for the run's own writer.
    @discardableResult
    public func removeStale() throws -> [String] {
        try PendingDirectory.removeStale(in: directory, .all)
    }

    /// Renames the checkpoints of steps after `step` to `superseded-step-...`, which are neither
    /// read nor deleted.
    ///
    /// - Returns: the new paths.
    @discardableResult
    public func setAside(after step: Int) throws -> [String] {
        try list().filter { $0.step > step }.map { entry in
            var target = Paths.join(directory, "superseded-" + Paths.name(of: entry.path))
            while try Paths.kind(of: target) != .missing { target += "+" }
            try Paths.rename(entry.path, to: target)
            return target
        }
    }

    /// Deletes old checkpoints.
    ///
    /// The last good checkpoint is never deleted: if none of the retained ones verifies, the newest
    /// good one is also retained.
    /// - Parameters:
    ///   - keepLast: number of newest checkpoints to retain (at least one).
    ///   - keepEvery: multiples of this step are retained; 0 disables this rule.
    ///   - scores: scores of checkpoints by step. The existing one with the highest score is
    ///     retained (the earliest on a tie).
    ///   - trusted: the checkpoint that this process has just published, if any, which is not
    ///     verified.
    /// - Returns: the paths deleted.
    @discardableResult
    public func retain(
        keepLast: Int, keepEvery: Int = 0, scores: [Int: Double] = [:], trusted: String? = nil
    ) throws -> [String] {
        let entries = try list()
        let scored = entries.compactMap { entry in scores[entry.step].map { (entry, $0) } }
        let best = scored.max { ($0.1, $1.0.step) < ($1.1, $0.0.step) }?.0
        var kept: [Entry] = []
        var dropped: [Entry] = []
        for (index, entry) in entries.enumerated() {
            let isMultiple = keepEvery > 0 && entry.step > 0 && entry.step % keepEvery == 0
            if index < max(keepLast, 1) || isMultiple || entry.path == trusted
                || entry == best
            {
                kept.append(entry)
            } else {
                dropped.append(entry)
            }
        }
        if !dropped.isEmpty, try !kept.contains(where: { try $0.path == trusted || isGood($0) }),
            let last = try dropped.firstIndex(where: isGood)
        {
            dropped.remove(at: last)
        }
        for entry in dropped { try PendingDirectory.retire(entry.path) }
        return dropped.map(\.path)
    }

    private func isGood(_ entry: Entry) throws -> Bool {
        do {
            try Checkpoint(directory: entry.path).verify()
            return true
        } catch  where Checkpoint.isFaultOfContent(error) {
            return false
        }
    }
}

extension Checkpoint {
    /// Opens a path given by a user: one checkpoint directory, or a run directory (or its
    /// `checkpoints`), whose newest checkpoint that verifies is used.
    /// - Returns: the verified checkpoint, and newer ones that were skipped, with reasons to show.
    public static func open(
        _ path: String
    ) throws -> (checkpoint: Checkpoint, skipped: [CheckpointStore.Skipped]) {
        if try isCheckpoint(path) {
            let checkpoint = try Checkpoint(directory: path)
            try checkpoint.verify()
            return (checkpoint, [])
        }
        let (found, skipped) = try store(path).newestGood()
        if let found { return (found, skipped) }
        guard let first = skipped.first else { throw noCheckpoint(path) }
        throw CheckpointError(
            .badData, path,
            "none of its \(skipped.count) checkpoints is good; the newest: \(first.reason)")
    }

    /// Lists the checkpoints at a path without reading them: one checkpoint, or all of a run
    /// directory, newest first.
    public static func entries(_ path: String) throws -> [CheckpointStore.Entry] {
        if try isCheckpoint(path) {
            let step = CheckpointFiles.step(ofDirectory: Paths.name(of: path)) ?? 0
            return [CheckpointStore.Entry(path: path, step: step)]
        }
        let entries = try store(path).list()
        guard !entries.isEmpty else { throw noCheckpoint(path) }
        return entries
    }

    /// Throws unless the directory exists.
    public static func requireDirectory(_ path: String) throws {
        guard try !Paths.isDirectory(path) else { return }
        throw CheckpointError(
            .missing, path,
            try Paths.exists(path)
                ? "is a file; name the directory that holds the model"
                : "there is no such directory")
    }

    private static func noCheckpoint(_ path: String) -> CheckpointError {
        CheckpointError(
            .missing, path,
            "holds no checkpoint, and is no model directory of Hugging Face (it has no"
                + " \(HuggingFaceDirectory.configurationName))")
    }

    /// The store of a run directory, or of its `checkpoints` directory.
    private static func store(_ path: String) throws -> CheckpointStore {
        try requireDirectory(path)
        let inside = CheckpointStore(run: path)
        return try inside.list().isEmpty ? CheckpointStore(directory: path) : inside
    }

    static func isCheckpoint(_ path: String) throws -> Bool {
        try [ManifestFile.name, CheckpointFiles.model].contains {
            try Paths.kind(of: Paths.join(path, $0)) == .file
        }
    }
}

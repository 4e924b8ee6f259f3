import FileNames
import Glibc

/// A directory that is built next to its final path and appears there atomically.
///
/// 1. `init` makes the hidden directory `.NAME.pending-HOST-PID-RANDOM` in the target's parent.
/// 2. The caller (and other processes) write files into `path`.
/// 3. `publish` hashes and syncs all files and directories, writes `manifest.json` last, renames
///    the directory to its target and syncs the parent.
///
/// If the process ends before the rename, the target is unchanged and the hidden directory stays;
/// `removeStale` deletes it later. If its lifetime ends unpublished, it deletes its files itself.
public struct PendingDirectory: ~Copyable, Sendable {
    /// Path to write to.
    public let path: String
    /// The final path.
    public let target: String
    private let replacing: Bool
    private let remedy: String
    private var isDone = false

    /// Makes the hidden directory.
    /// - Parameters:
    ///   - target: final path; its parent is created if missing.
    ///   - replacing: whether publication replaces an existing target; otherwise an existing target
    ///     is an error, already here.
    ///   - neededBytes: free space required before anything is written.
    ///   - remedy: advice about an existing target, for the message.
    public init(
        target: String, replacing: Bool = false, neededBytes: Int = 0,
        remedy: String = "choose another name, or move it away"
    ) throws(FileError) {
        let target = try Paths.destination(of: target)
        let parent = Paths.parent(of: target)
        try Paths.createDirectory(parent)
        // Undeletable leftovers of killed writers do not matter.
        _ = try? PendingDirectory.removeStale(in: parent)
        if !replacing { try PendingDirectory.requireFree(target, remedy) }
        try FreeSpace.require(neededBytes, at: parent)
        let name = ".\(Paths.name(of: target)).\(Mark.pending)\(TemporaryName.suffix())"
        let path = Paths.join(parent, name)
        guard withSystemPath(path, { mkdir($0, 0o777) }) == 0 else {
            throw .system(path, "create the directory", isWriting: true)
        }
        self.path = path
        self.target = target
        self.replacing = replacing
        self.remedy = remedy
    }

    deinit {
        // The files are useless without a manifest; if they cannot be deleted now, removeStale will
        // try again.
        if !isDone { try? Paths.remove(path) }
    }

    /// Markers in the names of hidden directories.
    enum Mark {
        static let pending = "pending-"
        static let replaced = "replaced-"
    }

    /// Makes all written data durable and moves the directory to its final path.
    /// - Parameters:
    ///   - formatVersion: stored in the manifest.
    ///   - metadata: the owner's fields of the manifest.
    ///   - files: entries of all files, from the processes that wrote and hashed them; nil hashes
    ///     them here.
    /// - Returns: the manifest as written.
    /// - Throws: `FileError`, also if `files` do not match the existing files.
    @discardableResult
    public consuming func publish<Metadata: Codable & Sendable>(
        formatVersion: Int, metadata: Metadata, files: [ManifestEntry]? = nil
    ) throws(FileError) -> Manifest<Metadata> {
        let manifest: Manifest<Metadata>
        if let files {
            manifest = Manifest(
                formatVersion: formatVersion, files: files.sorted { $0.path < $1.path },
                metadata: metadata)
            try manifest.verifySizes(path)
        } else {
            manifest = try Manifest.describing(
                path, formatVersion: formatVersion, metadata: metadata)
        }
        try PendingDirectory.syncAll(path)
        try WholeFiles.write(manifest.json(), to: Paths.join(path, ManifestFile.name))
        try Durability.sync(path)
        try move()
        isDone = true
        try Durability.sync(Paths.parent(of: target))
        return manifest
    }

    /// Publishes without a manifest, for directories whose format other programs define.
    public consuming func publishPlain() throws(FileError) {
        try PendingDirectory.syncAll(path)
        try move()
        isDone = true
        try Durability.sync(Paths.parent(of: target))
    }

    /// Deletes a published directory. It disappears from its path atomically, and a crash in the
    /// middle leaves a hidden directory for `removeStale`.
    public static func retire(_ path: String) throws(FileError) {
        try delete(path, of: Paths.name(of: path))
    }

    /// Deletes `path`, after renaming it as unfinished, because a partial directory must never be
    /// mistaken for a complete one that stepped aside.
    private static func delete(_ path: String, of target: String) throws(FileError) {
        let name = ".\(target).\(Mark.pending)\(TemporaryName.suffix())"
        let hidden = Paths.join(Paths.parent(of: path), name)
        guard withSystemPaths(path, hidden, { rename($0, $1) }) == 0 else {
            throw .system(path, "move it away", isWriting: true)
        }
        try Paths.remove(hidden)
    }

    /// Moves a complete and synced directory to its final path in the same file system, replacing
    /// an existing one. A crash leaves the old one, the new one, or a state that `removeStale` of
    /// the target's parent repairs.
    public static func replace(_ target: String, with directory: String) throws(FileError) {
        let target = try Paths.destination(of: target)
        let parent = Paths.parent(of: target)
        try Paths.createDirectory(parent)
        try swap(directory, target)
        try Durability.sync(parent)
    }

    /// Releases the hidden directory without deleting it, as if the process had been killed.
    package consuming func abandon() -> String {
        isDone = true
        return path
    }

    /// An empty directory counts as missing.
    private static func requireFree(_ target: String, _ remedy: String) throws(FileError) {
        switch try Paths.kind(of: target) {
        case .missing: return
        case .directory: if try Paths.names(in: target).isEmpty { return }
        default: break
        }
        throw .exists(target, remedy: remedy)
    }

    /// Files first, then the directories that name them.
    private static func syncAll(_ directory: String) throws(FileError) {
        for name in try Paths.names(in: directory) {
            let path = Paths.join(directory, name)
            if try Paths.kind(of: path) == .directory {
                try syncAll(path)
            } else {
                try Durability.sync(path)
            }
        }
        try Durability.sync(directory)
    }

    private func move() throws(FileError) {
        if !replacing {
            try PendingDirectory.requireFree(target, remedy)
            // Fails if the directory is no longer empty.
            guard withSystemPath(target, { rmdir($0) }) == 0 || errno == ENOENT else {
                throw .exists(target, remedy: remedy)
            }
        }
        try PendingDirectory.swap(path, target)
    }

    /// An existing target is renamed aside first, because directories cannot be swapped portably.
    /// `removeStale` repairs a crash between the two renames.
    private static func swap(_ path: String, _ target: String) throws(FileError) {
        let parent = Paths.parent(of: target)
        let name = ".\(Paths.name(of: target)).\(Mark.replaced)\(TemporaryName.suffix())"
        let old = Paths.join(parent, name)
        let exists = try Paths.kind(of: target) != .missing
        if exists, withSystemPaths(target, old, { rename($0, $1) }) != 0 {
            throw .system(target, "move it aside", isWriting: true)
        }
        guard withSystemPaths(path, target, { rename($0, $1) }) == 0 else {
            let error = FileError.system(target, "rename \(path) to it", isWriting: true)
            if exists { withSystemPaths(old, target) { rename($0, $1) } }
            throw error
        }
        if exists { try delete(old, of: Paths.name(of: target)) }
    }
}

/// The lock of a directory as other processes of the job that holds it see it: each of them can tell
/// whether the lock is still its job's before it writes into the directory.
public struct LockWitness: Equatable, Sendable, Codable {
    private let path: String
    private let token: String

    init(path: String, token: String) {
        self.path = path
        self.token = token
    }

    /// Throws if another process has taken the lock: it took the holder for dead, because the process
    /// or its host was suspended. Call it before anything is published.
    ///
    /// - Throws: `LostLockError`, after which nothing may be written into the directory. `FileError`
    ///   where the lock could not be read for some seconds: nothing may be published now, but
    ///   another time it may.
    public func requireHeld() throws {
        let holder = try LockFile.holder(path)
        guard holder?.token != token else { return }
        throw LostLockError(
            description: "\(path): the lock is no longer this run's but "
                + (holder.map { "that of \($0.description)" } ?? "gone")
                + ": this process did not renew it for too long, or somebody removed it. Two runs "
                + "must not write into one directory, so this one ends")
    }
}

/// A directory's lock as seen by other processes of the job that holds it. Each can verify that the
/// job still holds the lock before writing into the directory.
public struct LockWitness: Equatable, Sendable, Codable {
    private let path: String
    private let token: String

    init(path: String, token: String) {
        self.path = path
        self.token = token
    }

    /// Throws if another process has taken the lock, which happens if it considered the holder dead
    /// because the process or its host was suspended. Call it before publishing anything.
    ///
    /// - Throws: `LostLockError`, after which nothing may be written into the directory.
    ///   `FileError` if the lock could not be read for some seconds: nothing may be published now,
    ///   but a later attempt may succeed.
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

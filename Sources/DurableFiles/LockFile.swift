import FileNames
import Glibc

/// The file of a lock, and its atomic operations.
enum LockFile {
    /// Observed state of a lock.
    struct Sight: Equatable {
        var holder: LockHolder
        /// Time of the last heartbeat by the file server's clock, in seconds.
        var changed: Double
    }

    private static let maximumBytes = 4096

    /// Creates the lock. Returns nil if created; if one exists, the file server's current time.
    static func make(_ path: String, _ holder: LockHolder) throws(FileError) -> Double? {
        let directory = Paths.parent(of: path)
        let temporary = Paths.join(
            directory, "\(Paths.name(of: path)).pending-\(TemporaryName.suffix())")
        try WholeFiles.write(Array(holder.fileText.utf8), to: temporary)
        defer { withSystemPath(temporary) { unlink($0) } }
        let code = withSystemPaths(temporary, path) { link($0, $1) }
        let reason = errno
        var information = stat()
        guard Patience.call({ withSystemPath(temporary) { lstat($0, &information) } }) == 0 else {
            throw .system(temporary, "look at it", isWriting: true)
        }
        // On NFS a repeated request may return "exists" although the first one created it.
        if code == 0 || information.st_nlink == 2 {
            try Durability.sync(directory)
            return nil
        }
        if reason == EEXIST { return seconds(information.st_mtim) }
        if [EPERM, EOPNOTSUPP, ENOSYS].contains(reason) {
            return try makeWithoutLinks(path, holder, serverTime: seconds(information.st_mtim))
        }
        errno = reason
        throw .system(path, "make the lock", isWriting: true)
    }

    /// Creates a lock on file systems without hard links. Between its creation and its writing the
    /// lock names no holder, which is then known only by its heartbeat.
    private static func makeWithoutLinks(
        _ path: String, _ holder: LockHolder, serverTime: Double
    ) throws(FileError) -> Double? {
        do throws(FileError) {
            try WholeFiles.write(Array(holder.fileText.utf8), to: path)
            return nil
        } catch {
            guard try Paths.kind(of: path) != .missing else { throw error }
            return serverTime
        }
    }

    /// Reads the state of a lock; nil if there is none.
    static func look(_ path: String) throws(FileError) -> Sight? {
        var information = stat()
        guard Patience.call({ withSystemPath(path) { lstat($0, &information) } }) == 0 else {
            if errno == ENOENT { return nil }
            throw .system(path, "look at the lock")
        }
        do throws(FileError) {
            guard let holder = try holder(path) else { return nil }
            return Sight(holder: holder, changed: seconds(information.st_mtim))
        } catch  where error.systemError == EACCES {
            // A lock that another user has made unreadable still has a time.
            return Sight(holder: LockHolder(), changed: seconds(information.st_mtim))
        }
    }

    /// Reads the holder of a lock; nil if there is no lock. A file that is not a lock names no
    /// holder.
    ///
    /// - Throws: `FileError` if it cannot be read for some seconds, so that the holder is unknown.
    static func holder(_ path: String) throws(FileError) -> LockHolder? {
        do throws(FileError) {
            let bytes = try WholeFiles.read(path, maximumByteCount: maximumBytes)
            return LockHolder(fileText: String(decoding: bytes, as: UTF8.self))
        } catch {
            switch error.cause {
            case .missing: return nil
            case .badData: return LockHolder()
            case .inputOutput, .exists: throw error
            }
        }
    }

    /// Removes the lock of a dead holder. Two processes may try this at once, and one of them may
    /// already have created its own lock. It is therefore moved away first, and the moved file
    /// decides.
    static func remove(_ path: String, heldBy dead: LockHolder) throws(FileError) {
        let moved = Paths.join(
            Paths.parent(of: path), "\(Paths.name(of: path)).pending-\(TemporaryName.suffix())")
        guard withSystemPaths(path, moved, { rename($0, $1) }) == 0 else {
            if errno == ENOENT { return }
            throw .system(path, "remove the lock of a dead process")
        }
        // A live lock is moved back, unless a third process was faster: its holder will then find
        // it lost. An unreadable one may be live.
        let found = try? holder(moved)
        if found != dead { withSystemPaths(moved, path) { link($0, $1) } }
        withSystemPath(moved) { unlink($0) }
    }

    private static func seconds(_ time: timespec) -> Double {
        Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

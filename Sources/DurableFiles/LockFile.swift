import FileNames
import Glibc

/// The file of a lock, and what must be atomic about it.
enum LockFile {
    /// The visible state of a lock.
    struct Sight: Equatable {
        var holder: LockHolder
        /// Time of the last heartbeat by the file server's clock, in seconds.
        var changed: Double
    }

    private static let maximumBytes = 4096

    /// Makes the lock. Nil if it is made; the file server's time now if there is one already.
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
        // On NFS a repeated request may be answered by "exists" although the first one made it.
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

    /// Makes a lock on file systems without hard links. Between its creation and its writing the
    /// lock names nobody; such a holder is known by its heartbeat alone.
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

    /// Reads the state of a lock; nil if there is no lock.
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
            // One that another user keeps to themselves still has a time.
            return Sight(holder: LockHolder(), changed: seconds(information.st_mtim))
        }
    }

    /// Reads the holder of a lock; nil if there is no lock. A file that is not a lock names nobody.
    ///
    /// - Throws: `FileError` where it cannot be read, for some seconds: who holds it is not known.
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

    /// Removes the lock of a dead holder. Two processes may try at once, and one of them may already
    /// have made its own lock: so it is moved away first, and what was moved decides.
    static func remove(_ path: String, heldBy dead: LockHolder) throws(FileError) {
        let moved = Paths.join(
            Paths.parent(of: path), "\(Paths.name(of: path)).pending-\(TemporaryName.suffix())")
        guard withSystemPaths(path, moved, { rename($0, $1) }) == 0 else {
            if errno == ENOENT { return }
            throw .system(path, "remove the lock of a dead process")
        }
        // A live one goes back, unless a third was faster: its holder will then find it lost.
        // One that cannot be read may be live.
        let found = try? holder(moved)
        if found != dead { withSystemPaths(moved, path) { link($0, $1) } }
        withSystemPath(moved) { unlink($0) }
    }

    private static func seconds(_ time: timespec) -> Double {
        Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

public import ExitCoding
import FileNames
import Glibc

/// The right to write into a directory, held by one process at a time.
///
/// The lock is the file `.lock` in the directory, made by link(2), which is atomic also on NFS;
/// locks of fcntl and flock are not used, as network file systems often have none. It names its
/// holder, and a thread of the holder touches it every few seconds. See ``LockAttempt`` for when a
/// holder is taken for dead. Released at the end of its life.
public final class DirectoryLock {
    /// The lock's name in the directory.
    public static let name = ".lock"

    private let path: String
    private let token: String
    private let heartbeat: Heartbeat

    init(
        path: String, token: String, heartbeatSeconds: UInt32,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.token = token
        heartbeat = Heartbeat(path: path, token: token, seconds: heartbeatSeconds, warn: warn)
        heartbeat.start()
    }

    deinit {
        heartbeat.stop()
        // One that cannot be read now is found dead by the next run.
        if let holder = try? LockFile.holder(path), holder.token == token {
            withSystemPath(path) { unlink($0) }
        }
    }

    /// A witness by which other processes of this job verify the lock.
    public var witness: LockWitness { LockWitness(path: path, token: token) }

    /// Throws if another process has taken the lock; see ``LockWitness/requireHeld()``.
    public func requireHeld() throws { try witness.requireHeld() }
}

/// Another process took over a lock that this process held.
public struct LostLockError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// The new holder, and the consequence.
    public let description: String
    /// The process exit status of sysexits(3): an I/O error, so that the job is started again.
    public var exitCode: Int32 { ExitStatus.inputOutput }
}

/// A lock that is being asked for.
///
/// Who holds it is asked with every ``poll()``. A holder is dead if it ran on this host and its
/// process is gone (or its number is that of a younger one), if the host has rebooted since, or
/// if it is an earlier start of the same SLURM job. Of one elsewhere only its heartbeat is known: it
/// is dead if the file has not changed for `staleSeconds`, by the file server's clock or, as nothing
/// is known of that at first, while this one watched.
public struct LockAttempt {
    /// Seconds without a heartbeat after which a holder elsewhere is dead. More than a heartbeat
    /// and the minute for which an NFS client may show old attributes.
    public static let staleSeconds = 120.0
    /// Seconds between two heartbeats.
    public static let heartbeatSeconds: UInt32 = 15
    /// Seconds for which a live holder on this host may still be on its way out.
    private static let leavingSeconds = 3.0

    private let directory: String
    private let path: String
    private let own: LockHolder
    private let stale: Double
    private let heartbeat: UInt32
    private let warn: @Sendable (String) -> Void
    /// The first sight of the lock, and its time.
    private var observed: (LockFile.Sight, since: Double)?

    /// An attempt to lock `directory`, which must exist.
    ///
    /// - Parameter warn: gets a line, on another thread, when the heartbeat fails and when it works
    ///   again.
    public init(
        _ directory: String, staleSeconds: Double = Self.staleSeconds,
        heartbeatSeconds: UInt32 = Self.heartbeatSeconds,
        warn: @escaping @Sendable (String) -> Void = Self.printWarning
    ) {
        self.directory = directory
        path = Paths.join(directory, DirectoryLock.name)
        own = LockHolder.current()
        stale = staleSeconds
        heartbeat = heartbeatSeconds
        self.warn = warn
    }

    /// Prints a line on standard error.
    public static let printWarning: @Sendable (String) -> Void = { text in
        StandardStreams.tell("warning: \(text)")
    }

    /// The holder that is watched because it runs where nothing can be asked of it; nil if there is
    /// none.
    public var watchedHolder: String? {
        guard let holder = observed?.0.holder, holder.verdict(seenFrom: own) == .unknown else {
            return nil
        }
        return holder.description
    }

    /// Tries once.
    ///
    /// - Returns: the lock, or nil if it is not yet clear whether its holder lives: try again in a
    ///   second.
    /// - Throws: `LockedError` if another process holds it, `FileError` if the directory cannot be
    ///   written.
    public mutating func poll() throws -> DirectoryLock? {
        guard let serverTime = try LockFile.make(path, own) else { return made }
        guard let sight = try LockFile.look(path) else { return nil }
        if try isAlive(sight, serverTime) != false { return nil }
        try LockFile.remove(path, heldBy: sight.holder)
        // Another one that waits may be faster.
        return try LockFile.make(path, own) == nil ? made : nil
    }

    /// Whether the holder lives; nil if that is not clear yet.
    ///
    /// - Throws: `LockedError` where it lives for certain.
    private mutating func isAlive(
        _ sight: LockFile.Sight, _ serverTime: Double
    ) throws(LockedError) -> Bool? {
        let now = Self.now
        let before = observed
        if before?.0 != sight { observed = (sight, since: now) }
        switch sight.holder.verdict(seenFrom: own) {
        case .dead: return false
        case .alive:
            guard let before, before.0.holder == sight.holder else { return nil }
            if now - before.since > Self.leavingSeconds { throw locked(sight.holder) }
            return nil
        case .unknown:
            if let before, before.0.holder == sight.holder, before.0 != sight {
                throw locked(sight.holder)
            }
            let watched = now - (observed?.since ?? now)
            return watched > stale || serverTime - sight.changed > stale ? false : nil
        }
    }

    private var made: DirectoryLock {
        DirectoryLock(path: path, token: own.token, heartbeatSeconds: heartbeat, warn: warn)
    }

    private func locked(_ holder: LockHolder) -> LockedError {
        LockedError(
            description: "\(directory) is in use by \(holder.description): two runs must not write "
                + "into one directory. Choose another --run, or wait for that one to end (its lock "
                + "is \(path))")
    }

    private static var now: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}

/// A directory is in use by another process.
public struct LockedError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// By whom, and what to do.
    public let description: String

    /// The status of a run directory that is in use.
    public var exitCode: Int32 { ExitStatus.configuration }
}

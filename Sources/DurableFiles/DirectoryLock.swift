public import ExitCoding
import FileNames
import Glibc

/// Lock on a directory, held by one writing process at a time.
///
/// The lock is the file `.lock` in the directory, made by link(2), which is atomic even on NFS;
/// fcntl and flock locks are not used, because network file systems often lack them. It names its
/// holder, and a thread of the holder touches it every few seconds. See ``LockAttempt`` for when a
/// holder is considered dead. Released at the end of its lifetime.
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
        // A lock that cannot be read now is found dead by the next run.
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
    /// Description of the new holder, and the consequence.
    public let description: String
    /// Exit status of sysexits(3): an I/O error, so that the job is restarted.
    public var exitCode: Int32 { ExitStatus.inputOutput }
}

/// An attempt to acquire a lock.
///
/// Every ``poll()`` checks the holder. A holder is dead if it ran on this host and its process is
/// gone (or its number belongs to a younger process), if the host has rebooted since, or if it is
/// an earlier start of the same SLURM job. Of a holder elsewhere only the heartbeat is known. It is
/// dead if the file has not changed for `staleSeconds`, by the file server's clock or, as long as
/// that is unknown, while this process has been watching.
public struct LockAttempt {
    /// Seconds without a heartbeat after which a remote holder is considered dead. More than a
    /// heartbeat and the minute for which an NFS client may show old attributes.
    public static let staleSeconds = 120.0
    /// Seconds between two heartbeats.
    public static let heartbeatSeconds: UInt32 = 15
    /// Seconds that a live holder on this host is given to exit.
    private static let leavingSeconds = 3.0

    private let directory: String
    private let path: String
    private let own: LockHolder
    private let stale: Double
    private let heartbeat: UInt32
    private let warn: @Sendable (String) -> Void
    /// First observation of the lock, and its time.
    private var observed: (LockFile.Sight, since: Double)?

    /// An attempt to lock `directory`, which must exist.
    ///
    /// - Parameter warn: receives a line, on another thread, when the heartbeat fails and when it
    ///   recovers.
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

    /// Holder being watched because it runs on a host that cannot be queried; nil if there is none.
    public var watchedHolder: String? {
        guard let holder = observed?.0.holder, holder.verdict(seenFrom: own) == .unknown else {
            return nil
        }
        return holder.description
    }

    /// Tries once.
    ///
    /// - Returns: the lock, or nil if it is not yet known whether its holder is alive: try again in
    ///   a second.
    /// - Throws: `LockedError` if another process holds it, `FileError` if the directory cannot be
    ///   written.
    public mutating func poll() throws -> DirectoryLock? {
        guard let serverTime = try LockFile.make(path, own) else { return made }
        guard let sight = try LockFile.look(path) else { return nil }
        if try isAlive(sight, serverTime) != false { return nil }
        try LockFile.remove(path, heldBy: sight.holder)
        // Another waiting process may be faster.
        return try LockFile.make(path, own) == nil ? made : nil
    }

    /// Whether the holder is alive; nil if not known yet.
    ///
    /// - Throws: `LockedError` if it is known to be alive.
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
    /// Description of the holder, and what to do.
    public let description: String

    /// Exit status for a run directory in use.
    public var exitCode: Int32 { ExitStatus.configuration }
}

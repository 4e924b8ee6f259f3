public import Distributed
public import DurableFiles
import Glibc

/// Locks the directory of a run for all ranks of a job. Rank 0 takes the lock. As long as it is not
/// known whether another holder is alive, the others wait with it, in short steps.
public enum RunDirectoryLock {
    /// Outcome of an attempt, the same on all ranks.
    public enum Outcome {
        /// The job holds the directory; the lock itself is on rank 0.
        case held(DirectoryLock?)
        /// A rank was asked to stop first.
        case stopped
    }

    /// Locks `directory`. Collective.
    ///
    /// - Parameters:
    ///   - isCoordinator: true on rank 0 only.
    ///   - isStopRequested: whether this rank was asked to stop.
    ///   - note: prints a line; called on rank 0 only.
    /// - Throws: `LockedError` (78) if another run uses the directory.
    public static func acquire(
        _ directory: String, agreement: Agreement, isCoordinator: Bool,
        isStopRequested: () -> Bool, note: (String) -> Void
    ) throws -> Outcome {
        var attempt = LockAttempt(directory)
        var hasWaited = false
        while true {
            let lock = try agreement.throwingTogether { isCoordinator ? try attempt.poll() : nil }
            guard try agreement.anyTrue(isCoordinator && lock == nil) else { return .held(lock) }
            if try agreement.anyTrue(isStopRequested()) {
                if isCoordinator {
                    note("stopped while \(directory) was still locked; run the same command again")
                }
                return .stopped
            }
            if isCoordinator, !hasWaited, let holder = attempt.watchedHolder {
                hasWaited = true
                note(
                    "\(directory) is locked by \(holder); watching for up to "
                        + "\(Int(LockAttempt.staleSeconds)) s whether it lives")
            }
            usleep(250_000)
        }
    }
}

import Distributed
import DurableFiles
import Glibc
import MPI
import Reporting

extension PretrainingRun {
    /// Locks the run directory. All ranks wait together, in short steps, while it is not clear
    /// whether another holder lives.
    ///
    /// - Returns: false, on all ranks, where one was told to stop meanwhile.
    /// - Throws: `LockedError` (78) where another run uses the directory.
    func lockDirectory() throws -> Bool {
        var attempt = LockAttempt(options.directory)
        var hasWaited = false
        while true {
            try agreement.jointly {
                if isCoordinator { lock = try attempt.poll() }
            }
            guard try agreement.anyTrue(isCoordinator && lock == nil) else { return true }
            if try agreement.anyTrue(stopPoll.isAskedHere) {
                if isCoordinator {
                    ConsoleReporter().note(
                        "stopped while \(options.directory) was still locked; run the same command "
                            + "again")
                }
                return false
            }
            if isCoordinator, !hasWaited, let holder = attempt.watchedHolder {
                hasWaited = true
                ConsoleReporter().note(
                    "\(options.directory) is locked by \(holder); watching for up to "
                        + "\(Int(LockAttempt.staleSeconds)) s whether it lives")
            }
            usleep(250_000)
        }
    }
}

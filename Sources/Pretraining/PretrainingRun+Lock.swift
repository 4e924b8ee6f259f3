import Distributed
import DurableFiles
import Reporting
import Runtime

extension PretrainingRun {
    /// Locks the run directory. Collective.
    ///
    /// - Returns: false, on all ranks, if a rank was asked to stop meanwhile.
    /// - Throws: `LockedError` (78) if another run uses the directory.
    func lockDirectory() throws -> Bool {
        let outcome = try RunDirectoryLock.acquire(
            options.directory, agreement: agreement, isCoordinator: isCoordinator,
            isStopRequested: { stopPoll.isStopRequestedLocally },
            note: { ConsoleReporter().note($0) })
        guard case .held(let lock) = outcome else { return false }
        self.lock = lock
        return true
    }
}

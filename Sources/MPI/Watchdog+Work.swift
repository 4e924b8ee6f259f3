import OperatingSystem

extension Watchdog {
    /// Runs work of this rank for which the others may wait for longer than the timeout: hashing files, reading a
    /// model. `body` runs on a thread of its own, and this one answers meanwhile that it works, so that ranks that
    /// ask wait on. Does nothing special in a job of one rank.
    ///
    /// A process that is stopped, a host that hangs and a link that is cut are noticed as ever, because then nobody
    /// answers. Only for what `body` itself waits, as a file system that hangs, is there no limit.
    ///
    /// - Parameter name: the work, for reports: "the verifying of the data".
    /// - Precondition: called on the main thread; `body` calls no MPI.
    public static func working<Value, Failure: Error>(
        on name: StaticString, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        // Work inside of such work is answered for already.
        guard let watchdog = current, watchdog.timeout > 0, watchdog.work == nil else {
            return try body()
        }
        watchdog.work = name
        defer { watchdog.work = nil }
        var outcome: Result<Value, Failure>?
        withoutActuallyEscaping(body) { body in
            let work = Work { outcome = Result { () throws(Failure) in try body() } }
            let thread = JoinedThread { work.run() }
            var wait = YieldingWait(in: name)
            while !thread.isOver { wait.pause() }
            thread.join()
        }
        guard let outcome else { preconditionFailure("a thread left no result") }
        return try outcome.get()
    }

    /// What a thread runs while the one that made it waits, so that never both touch the same.
    private final class Work: @unchecked Sendable {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }
}

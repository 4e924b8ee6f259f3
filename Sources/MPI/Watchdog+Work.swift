import OperatingSystem

extension Watchdog {
    /// Runs long work of this rank while others may wait for it beyond the timeout, such as hashing
    /// files or reading a model. `body` runs on its own thread, while this one answers that the
    /// rank is working, so that waiting ranks keep waiting. In a job of one rank it just runs
    /// `body`.
    ///
    /// A stopped process, a hung host and a cut link are still detected, because then nobody
    /// answers. Only waits within `body`, for example for a hung file system, have no limit.
    ///
    /// - Parameter name: description of the work, for reports: "verifying the data".
    /// - Precondition: called on the main thread; `body` calls no MPI.
    public static func working<Value, Failure: Error>(
        on name: StaticString, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        // Nested work is already covered.
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

    /// Work for a thread while its creator waits, so that both never access it at the same time.
    private final class Work: @unchecked Sendable {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }
}

import Kernels
import OperatingSystem

/// Work on its own thread, whose result is fetched later. The end of its lifetime waits for the
/// thread, so that nothing continues in the background after a run has ended.
package final class BackgroundTask<Value: Sendable> {
    private let thread: JoinedThread
    private let outcome: Outcome

    /// Result: written by the thread, read after the thread was joined.
    private final class Outcome: @unchecked Sendable {
        var result: Result<Value, any Error>?
    }

    /// Starts `body`. If no thread can be created, it runs synchronously.
    ///
    /// - Parameter processors: processors of the thread. A thread otherwise inherits those of its
    ///   creator, and would compete with it if that is pinned.
    package init(
        on processors: [Int] = [], _ body: @escaping @Sendable () throws -> Value
    ) {
        let outcome = Outcome()
        self.outcome = outcome
        // If the system refuses, or none are given, the thread's processors are unchanged.
        thread = JoinedThread(prepare: { ProcessorAffinity.bindThisThread(to: processors) }) {
            outcome.result = Result { try body() }
        }
    }

    /// Whether the result is available.
    package var isOver: Bool { thread.isOver }

    /// Waits for the result and returns it.
    package func result() throws -> Value {
        thread.join()
        guard let result = outcome.result else { preconditionFailure("a thread left no result") }
        return try result.get()
    }
}

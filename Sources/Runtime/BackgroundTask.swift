import Kernels
import OperatingSystem

/// Work on a thread of its own, whose result is fetched later. At the end of its life it is waited
/// for: nothing goes on behind the back of a run that has ended.
package final class BackgroundTask<Value: Sendable> {
    private let thread: JoinedThread
    private let outcome: Outcome

    /// The result: written by the thread, read after the thread was joined.
    private final class Outcome: @unchecked Sendable {
        var result: Result<Value, any Error>?
    }

    /// Starts `body`. Where no thread can be had it is run here and now.
    ///
    /// - Parameter processors: where the thread may run. A thread otherwise may only where the one
    ///   that starts it may, and would take turns with it where that one is pinned.
    package init(
        on processors: [Int] = [], _ body: @escaping @Sendable () throws -> Value
    ) {
        let outcome = Outcome()
        self.outcome = outcome
        // Where the system refuses, or none are named, it stays where it is.
        thread = JoinedThread(prepare: { ProcessorAffinity.bindThisThread(to: processors) }) {
            outcome.result = Result { try body() }
        }
    }

    /// Whether the result is there.
    package var isOver: Bool { thread.isOver }

    /// The result; waits for it.
    package func result() throws -> Value {
        thread.join()
        guard let result = outcome.result else { preconditionFailure("a thread left no result") }
        return try result.get()
    }
}

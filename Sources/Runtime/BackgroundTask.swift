import Glibc
import Kernels
import Synchronization

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
        thread = JoinedThread(on: processors) { outcome.result = Result { try body() } }
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

/// A thread that is joined at the end of this value's life.
private final class JoinedThread {
    private let work: Work
    private var handle: pthread_t?

    private final class Work: Sendable {
        let processors: [Int]
        let body: @Sendable () -> Void
        let isOver = Atomic<Bool>(false)

        init(on processors: [Int], _ body: @escaping @Sendable () -> Void) {
            self.processors = processors
            self.body = body
        }

        func run() {
            body()
            isOver.store(true, ordering: .releasing)
        }
    }

    init(on processors: [Int], _ body: @escaping @Sendable () -> Void) {
        work = Work(on: processors, body)
        // Signals are the main thread's.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let context = Unmanaged.passRetained(work)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                // Where the system refuses, or none are named, it stays where it is.
                ProcessorAffinity.bindThisThread(to: work.processors)
                work.run()
                return nil
            }, context.toOpaque())
        if code == 0 {
            handle = thread
        } else {
            context.release()
            work.run()
        }
    }

    deinit { join() }

    var isOver: Bool { work.isOver.load(ordering: .acquiring) }

    func join() {
        if let handle { pthread_join(handle, nil) }
        handle = nil
    }
}

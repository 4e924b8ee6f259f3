import Glibc
import Synchronization

/// Thread that is joined at the end of this value's lifetime, so that it never outlives its
/// creator.
package final class JoinedThread {
    private let work: Work
    private var handle: pthread_t?

    private final class Work: Sendable {
        let prepare: @Sendable () -> Void
        let body: @Sendable () -> Void
        let isOver = Atomic<Bool>(false)

        init(_ prepare: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () -> Void) {
            (self.prepare, self.body) = (prepare, body)
        }

        func run() {
            body()
            isOver.store(true, ordering: .releasing)
        }
    }

    /// Starts `body`, or runs it on the calling thread if no thread can be created.
    ///
    /// - Parameter prepare: runs before `body`, on the new thread only.
    package init(
        prepare: @escaping @Sendable () -> Void = {}, _ body: @escaping @Sendable () -> Void
    ) {
        work = Work(prepare, body)
        // Signals belong to the main thread.
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
                work.prepare()
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

    /// Whether `body` has returned.
    package var isOver: Bool { work.isOver.load(ordering: .acquiring) }

    /// Waits for `body` to return.
    package func join() {
        if let handle { pthread_join(handle, nil) }
        handle = nil
    }
}

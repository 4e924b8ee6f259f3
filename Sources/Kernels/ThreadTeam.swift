import OperatingSystem
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Fixed set of threads that run one piece of work together: the calling thread and its helpers.
///
/// Work arrives every few microseconds within a step and rarely between steps, so a waiting helper
/// first spins briefly and then sleeps. One thread owns a team and calls it; work must not call its
/// own team.
public final class ThreadTeam: @unchecked Sendable {
    /// Number of threads, including the caller's.
    public let count: Int

    private let exchange: WorkExchange
    private var handles: [pthread_t] = []

    /// Creates a team of `count` threads.
    ///
    /// - Parameter processors: processors reserved for the team. All threads, and those that the
    ///   caller starts later, stay on them. If there are as many as threads, each helper has a
    ///   processor of its own, and leaves the first to the caller. nil lets the system choose. A
    ///   refusal by the system is ignored.
    /// - Precondition: `count >= 1`.
    public init(count: Int, processors: [Int]? = nil) {
        precondition(count >= 1, "a team has at least its caller")
        self.count = count
        exchange = WorkExchange(helpers: count - 1)
        // Threads inherit their creator's processors.
        if let processors { ProcessorAffinity.bindThisThread(to: processors) }
        let own = processors?.count == count ? processors : nil
        for index in 1..<count { start(index, on: own?[index]) }
    }

    deinit {
        exchange.publish(nil)
        for handle in handles { pthread_join(handle, nil) }
    }

    /// Argument of a helper's start: the exchange, not the team, because the end of the team ends
    /// the helper.
    private final class Start {
        let exchange: WorkExchange
        let index: Int
        let processor: Int?

        init(exchange: WorkExchange, index: Int, processor: Int?) {
            self.exchange = exchange
            self.index = index
            self.processor = processor
        }
    }

    private func start(_ index: Int, on processor: Int?) {
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(
            Start(exchange: exchange, index: index, processor: processor)
        ).toOpaque()
        let status = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                if let processor = start.processor {
                    ProcessorAffinity.bindThisThread(to: [processor])
                }
                start.exchange.help(as: start.index)
                return nil
            }, argument)
        guard status == 0 else {
            Shortage.ofThreads(number: index + 1, of: count, code: status)
        }
        handles.append(handle)
    }

    /// Runs `body` once on every thread, with the thread's index; returns when all are done.
    public func run(_ body: (Int) -> Void) {
        guard count > 1 else { return body(0) }
        withoutActuallyEscaping(body) { body in
            exchange.publish(body)
            body(0)
            exchange.awaitHelpers()
        }
    }

    /// Splits `0..<total` into one contiguous part per thread, at multiples of `unit`, and runs
    /// `body` on the non-empty parts, with the index of the thread that runs it.
    public func split(
        _ total: Int, unit: Int = 1, _ body: (_ part: Range<Int>, _ thread: Int) -> Void
    ) {
        let units = (total + unit - 1) / unit
        guard count > 1, units > 1 else {
            if total > 0 { body(0..<total, 0) }
            return
        }
        run { index in
            let first = min(units * index / count * unit, total)
            let last = min(units * (index + 1) / count * unit, total)
            if first < last { body(first..<last, index) }
        }
    }

    /// Splits work that needs no per-thread state.
    public func split(_ total: Int, unit: Int = 1, _ body: (_ part: Range<Int>) -> Void) {
        split(total, unit: unit) { part, _ in body(part) }
    }

    /// Runs `body` for every task of `0..<total`; each thread takes the next task when free. Tasks
    /// must not depend on each other. The body also receives its thread's index.
    public func forEach(_ total: Int, _ body: (_ task: Int, _ thread: Int) -> Void) {
        guard count > 1, total > 1 else {
            for task in 0..<total { body(task, 0) }
            return
        }
        let next = Atomic<Int>(0)
        run { thread in
            while true {
                let task = next.add(1, ordering: .relaxed).oldValue
                guard task < total else { return }
                body(task, thread)
            }
        }
    }
}

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A fixed set of threads that run one piece of work together: the calling thread and its helpers.
///
/// Work comes every few microseconds within a step and rarely between steps, so a waiting helper
/// first spins for a moment and then sleeps. One thread owns a team and calls it; work does not
/// call its own team again.
public final class ThreadTeam: @unchecked Sendable {
    /// The number of threads, the caller's included.
    public let count: Int

    private var work: ((Int) -> Void)?
    private var handles: [pthread_t] = []
    private let generation = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private var mutex = pthread_mutex_t()
    private var awake = pthread_cond_t()
    private let spins: Int

    /// A team of `count` threads.
    ///
    /// - Precondition: `count >= 1`.
    public init(count: Int) {
        precondition(count >= 1, "a team has at least its caller")
        self.count = count
        spins = count <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? 20_000 : 0
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&awake, nil)
        for index in 1..<count { start(index) }
    }

    deinit {
        publish(nil)
        for handle in handles { pthread_join(handle, nil) }
        pthread_cond_destroy(&awake)
        pthread_mutex_destroy(&mutex)
    }

    /// What a helper is started with: it must not keep the team alive.
    private final class Start {
        unowned(unsafe) let team: ThreadTeam
        let index: Int

        init(team: ThreadTeam, index: Int) {
            self.team = team
            self.index = index
        }
    }

    private func start(_ index: Int) {
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Start(team: self, index: index)).toOpaque()
        let status = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.team.help(as: start.index)
                return nil
            }, argument)
        guard status == 0 else {
            fatalError(
                "cannot start thread \(index) of \(count): \(String(cString: strerror(status)))")
        }
        handles.append(handle)
    }

    private func help(as index: Int) {
        var seen = 0
        while true {
            seen = awaitGeneration(after: seen)
            guard runWork(as: index) else { return }
            running.subtract(1, ordering: .releasing)
        }
    }

    /// Runs the work; false if there is none, which ends the helper.
    ///
    /// Never inlined, so that the helper's reference to the closure is gone before it reports:
    /// `run` returns after the last report, and no reference may be left then.
    @inline(never)
    private func runWork(as index: Int) -> Bool {
        guard let work else { return false }
        work(index)
        return true
    }

    /// Waits until the generation differs from `seen`; returns it.
    private func awaitGeneration(after seen: Int) -> Int {
        for _ in 0..<spins {
            let now = generation.load(ordering: .acquiring)
            if now != seen { return now }
        }
        pthread_mutex_lock(&mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while generation.load(ordering: .sequentiallyConsistent) == seen {
            pthread_cond_wait(&awake, &mutex)
        }
        sleepers.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(&mutex)
        return generation.load(ordering: .acquiring)
    }

    private func publish(_ work: ((Int) -> Void)?) {
        self.work = work
        running.store(count - 1, ordering: .relaxed)
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(&mutex)
            pthread_cond_broadcast(&awake)
            pthread_mutex_unlock(&mutex)
        }
    }

    /// Runs `body` once on every thread, with the thread's index; returns when all are done.
    public func run(_ body: (Int) -> Void) {
        guard count > 1 else { return body(0) }
        withoutActuallyEscaping(body) { body in
            publish(body)
            body(0)
            var turns = 0
            while running.load(ordering: .acquiring) > 0 {
                turns += 1
                if turns > spins { sched_yield() }
            }
            work = nil
        }
    }

    /// Cuts `0..<total` into one contiguous part a thread, limits being multiples of `unit`, and
    /// runs `body` on the parts that are not empty.
    public func split(_ total: Int, unit: Int = 1, _ body: (Range<Int>) -> Void) {
        let units = (total + unit - 1) / unit
        guard count > 1, units > 1 else {
            if total > 0 { body(0..<total) }
            return
        }
        run { index in
            let first = min(units * index / count * unit, total)
            let last = min(units * (index + 1) / count * unit, total)
            if first < last { body(first..<last) }
        }
    }

    /// Runs `body` for every task of `0..<total`, each thread taking the next one when free;
    /// tasks must not depend on each other. The body also gets its thread's index.
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

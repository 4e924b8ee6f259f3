import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Exchange that passes work from a team's caller to its helpers. The helpers share the exchange
/// with the team and hold no reference to the team itself, so that they cannot keep it alive.
final class WorkExchange: @unchecked Sendable {
    private let helpers: Int
    private let spins: Int
    /// Written by the caller before `generation` grows, read by the helpers afterwards.
    private var work: ((Int) -> Void)?
    private let generation = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let awake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Creates an exchange between one caller and `helpers` other threads.
    init(helpers: Int) {
        self.helpers = helpers
        // Spinning helps only while every thread has a core to itself.
        spins = helpers < sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? 20_000 : 0
        mutex.initialize(to: pthread_mutex_t())
        awake.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(awake, nil)
    }

    deinit {
        pthread_cond_destroy(awake)
        pthread_mutex_destroy(mutex)
        awake.deallocate()
        mutex.deallocate()
    }

    /// Publishes `work` to every helper; nil ends them.
    func publish(_ work: ((Int) -> Void)?) {
        self.work = work
        running.store(helpers, ordering: .relaxed)
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(awake)
            pthread_mutex_unlock(mutex)
        }
    }

    /// Waits until every helper has finished the published work.
    func awaitHelpers() {
        var turns = 0
        while running.load(ordering: .acquiring) > 0 {
            turns += 1
            if turns > spins { sched_yield() }
        }
        work = nil
    }

    /// Runs published work as thread `index` until nil is published.
    func help(as index: Int) {
        var seen = 0
        while true {
            seen = awaitGeneration(after: seen)
            guard perform(index) else { return }
            running.subtract(1, ordering: .releasing)
        }
    }

    /// Runs the published work; returns false if there is none.
    ///
    /// A function of its own, so that its reference to the work is released before `running` says
    /// so: the closure must not outlive the caller's `run`, which checks that nobody holds it.
    @inline(never)
    private func perform(_ index: Int) -> Bool {
        guard let work else { return false }
        work(index)
        return true
    }

    /// Waits until the generation differs from `seen`, and returns it.
    private func awaitGeneration(after seen: Int) -> Int {
        for _ in 0..<spins {
            let now = generation.load(ordering: .acquiring)
            if now != seen { return now }
        }
        pthread_mutex_lock(mutex)
        sleepers.add(1, ordering: .sequentiallyConsistent)
        while generation.load(ordering: .sequentiallyConsistent) == seen {
            pthread_cond_wait(awake, mutex)
        }
        sleepers.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
        return generation.load(ordering: .acquiring)
    }
}

import Glibc

/// What a rank does between two looks at an unfinished request.
///
/// MPI's own waits spin. With more ranks than cores a spinning rank burns whole time slices that its peer needs to
/// make progress. So: look a few times at once (the answer is usually near), then give the core away at every look,
/// and after a long wait (a checkpoint, a slow peer) sleep, so that ranks with nothing to do do not slow down those
/// that work.
public struct YieldingWait {
    private var pauses = 0
    private var watch = Watchdog.Watch()
    private let function: StaticString

    /// Looks before the core is first given away.
    private static let spins = 32
    /// Looks before the first sleep: about 0.1 ms on an idle core. With four ranks a core, sleeping this early made
    /// small collectives several times as fast as yielding on, because those that wait leave the run queue.
    private static let yields = 256
    /// Sleeps grow from the shortest to the longest, in nanoseconds: a wait of minutes need not end within a microsecond.
    private static let shortestSleep = 20_000
    private static let longestSleep = 500_000

    /// Sleeps from one look of the watchdog to the next: some tens of milliseconds.
    private static let watchedSleeps = 64

    /// A wait that has not begun, in `function`: what to call it if it never ends.
    public init(in function: StaticString) { self.function = function }

    /// Passes the time once. Call it after a look that found nothing.
    public mutating func pause() {
        pauses += 1
        if pauses <= Self.spins { return }
        if pauses <= Self.yields {
            _ = sched_yield()
            return
        }
        let nanoseconds = min(Self.longestSleep, Self.shortestSleep + (pauses - Self.yields) * 1000)
        var duration = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        _ = nanosleep(&duration, nil)
        if (pauses - Self.yields) % Self.watchedSleeps == 0 { watch.look(in: function) }
    }

    /// Starts over. Call it after a look that found something.
    public mutating func reset() {
        pauses = 0
        watch = Watchdog.Watch()
    }
}

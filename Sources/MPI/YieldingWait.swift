import Glibc

/// Pause of a rank between two polls of an unfinished request.
///
/// MPI's own waits spin. With more ranks than cores a spinning rank burns whole time slices that
/// its peer needs to make progress. So a wait first polls a few times (the message is usually
/// near), then yields the core at every poll, and after a long wait (a checkpoint, a slow peer)
/// sleeps, so that idle ranks do not slow down working ones.
public struct YieldingWait {
    private var pauses = 0
    private var watch = Watchdog.Watch()
    private let function: StaticString

    /// Polls before the core is first yielded.
    private static let spins = 32
    /// Polls before the first sleep: about 0.1 ms on an idle core. With four ranks per core,
    /// sleeping this early made small collectives several times as fast as further yielding,
    /// because waiting ranks leave the run queue.
    private static let yields = 256
    /// Sleeps grow from the shortest to the longest, in nanoseconds, because a wait of minutes need
    /// not end within a microsecond.
    private static let shortestSleep = 20_000
    private static let longestSleep = 500_000

    /// Sleeps between two polls of the watchdog: some tens of milliseconds.
    private static let watchedSleeps = 64

    /// Starts a wait in `function`, its name in reports if it never ends.
    public init(in function: StaticString) { self.function = function }

    /// Pauses once. Call it after a poll that found nothing.
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

    /// Restarts the pauses. Call it after a poll that found something.
    public mutating func reset() {
        pauses = 0
        watch = Watchdog.Watch()
    }
}

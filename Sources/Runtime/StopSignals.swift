import Glibc
import OperatingSystem
import Synchronization

/// Number and second of the first signal, packed into one word so that no handler sees one without
/// the other: 0, or `second << 8 | number`.
private let first = Atomic<Int>(0)
/// Whether the run is already ending: it is writing its last checkpoint.
private let isLeaving = Atomic<Bool>(false)

/// Seconds after the first signal in which others count as copies. Schedulers signal the launcher
/// and its processes, and the launcher forwards its signals.
private let copySeconds = 2

/// Signal handler; restricted to async-signal-safe operations.
private func note(_ number: Int32) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let (exchanged, earlier) = first.compareExchange(
        expected: 0, desired: now.tv_sec << 8 | Int(number), ordering: .relaxed)
    // The system repeats SIGXCPU every second once the soft limit of processor time is exceeded.
    if number == SIGXCPU { return }
    if exchanged || now.tv_sec - (earlier >> 8) <= copySeconds { return }
    // SLURM repeats SIGTERM at the end of the grace period, some seconds before it kills. That must
    // not interrupt the checkpoint requested by the first one. A user who presses Ctrl-C again
    // means it.
    if number != SIGINT && isLeaving.load(ordering: .relaxed) { return }
    _exit(128 + number)
}

/// Signals that ask a run to stop, sent by schedulers and users before they kill it.
///
/// The first one is recorded, and the run stops at the next point where all ranks agree on it. One
/// that arrives more than two seconds later ends the process immediately, and the last checkpoint
/// stays good. While the run is ending (``leave()``), only SIGINT does that.
public enum StopSignals {
    private static let names: [(number: Int32, name: String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"),
        (SIGXCPU, "SIGXCPU"), (SIGHUP, "SIGHUP"),
    ]

    /// Records SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGXCPU (processor time limit exceeded) and,
    /// unless it is ignored (`nohup`), SIGHUP (terminal closed) from now on.
    public static func watch() {
        let numbers = names.map(\.number).filter {
            $0 != SIGHUP || !ProcessStart.ignoresHangUp
        }
        // At the hard limit the system kills without a catchable signal. Processor time accumulates
        // for each computing thread.
        ResourceLimit.processorTime.warn(early: 300 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // A launcher that blocks one of them leaves it blocked in the processes it starts.
        var watched = sigset_t()
        sigemptyset(&watched)
        for number in numbers { sigaddset(&watched, number) }
        sigprocmask(SIG_UNBLOCK, &watched, nil)
        for number in numbers {
            signal(number) { note($0) }
        }
    }

    /// From now on the run ends by itself, so a scheduler's repeated signals have no effect.
    public static func leave() { isLeaving.store(true, ordering: .relaxed) }

    /// Name of the signal received, if any.
    public static var received: String? {
        let number = Int32(first.load(ordering: .relaxed) & 0xff)
        return names.first { $0.number == number }?.name
    }
}

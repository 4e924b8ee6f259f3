import Glibc
import OperatingSystem
import Synchronization

/// Number and second of the first signal, packed into one word so that no handler sees one without
/// the other: 0, or `second << 8 | number`.
private let first = Atomic<Int>(0)
/// Whether the run is already on its way out: writing its last checkpoint.
private let isLeaving = Atomic<Bool>(false)

/// Seconds after the first signal in which others count as copies of it: schedulers signal the
/// launcher and its processes, and the launcher passes on what it gets.
private let copySeconds = 2

/// The handler: only what is safe in one.
private func note(_ number: Int32) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let (exchanged, earlier) = first.compareExchange(
        expected: 0, desired: now.tv_sec << 8 | Int(number), ordering: .relaxed)
    // The system repeats SIGXCPU every second once the soft limit of processor time is over.
    if number == SIGXCPU { return }
    if exchanged || now.tv_sec - (earlier >> 8) <= copySeconds { return }
    // SLURM repeats SIGTERM at the end of the grace, some seconds before it kills: that must not
    // cut off the checkpoint that the first one asked for. A person who presses Ctrl-C again means it.
    if number != SIGINT && isLeaving.load(ordering: .relaxed) { return }
    _exit(128 + number)
}

/// Signals that ask a run to stop: schedulers and people send them before they kill.
///
/// The first one is noted, and the run stops at the next place where all ranks agree on it. One
/// that comes more than two seconds later ends the process at once, and the last checkpoint stays
/// good; but while the run is leaving (``leave()``), only SIGINT does.
public enum StopSignals {
    private static let names: [(number: Int32, name: String)] = [
        (SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"),
        (SIGXCPU, "SIGXCPU"), (SIGHUP, "SIGHUP"),
    ]

    /// Notes SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGXCPU (the limit of processor time is over) and,
    /// unless it is ignored (`nohup`), SIGHUP (the terminal is gone) from now on.
    public static func watch() {
        let numbers = names.map(\.number).filter {
            $0 != SIGHUP || !ProcessStart.ignoresHangUp
        }
        // At the hard limit the system kills without a signal that could be noted.
        // Processor time passes once for each thread that computes.
        ResourceLimit.processorTime.warn(early: 300 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // A launcher that blocks one of them leaves it blocked in what it starts.
        var watched = sigset_t()
        sigemptyset(&watched)
        for number in numbers { sigaddset(&watched, number) }
        sigprocmask(SIG_UNBLOCK, &watched, nil)
        for number in numbers {
            signal(number) { note($0) }
        }
    }

    /// From now on the run stops by itself: repeated signals of a scheduler change nothing.
    public static func leave() { isLeaving.store(true, ordering: .relaxed) }

    /// The name of the signal that came, if one has.
    public static var received: String? {
        let number = Int32(first.load(ordering: .relaxed) & 0xff)
        return names.first { $0.number == number }?.name
    }
}

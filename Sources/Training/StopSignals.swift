import Glibc
import Synchronization

private let firstSignal = Atomic<Int32>(0)
private let firstSecond = Atomic<Int>(0)

/// Seconds after the first signal in which others count as copies of it: schedulers signal the
/// launcher and its processes, and the launcher passes on what it gets.
private let copySeconds = 2

/// The handler: only what is safe in one.
private func note(_ number: Int32) {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    if firstSignal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
        firstSecond.store(now.tv_sec, ordering: .relaxed)
    } else if now.tv_sec - firstSecond.load(ordering: .relaxed) > copySeconds {
        _exit(128 + number)
    }
}

/// Signals that ask a run to stop: schedulers and people send them before they kill.
///
/// The first one is noted; the run stops after the step that it is in. One that comes more than
/// two seconds later ends the process at once: the last checkpoint stays good.
public enum StopSignals {
    private static let numbers = [SIGTERM, SIGINT, SIGUSR1, SIGUSR2]

    /// Notes SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 from now on.
    public static func watch() {
        // A launcher that blocks one of them leaves it blocked in what it starts.
        var watched = sigset_t()
        sigemptyset(&watched)
        for number in numbers { sigaddset(&watched, number) }
        sigprocmask(SIG_UNBLOCK, &watched, nil)
        for number in numbers {
            signal(number) { note($0) }
        }
    }

    /// The name of the signal that came, if one has.
    public static var received: String? {
        switch firstSignal.load(ordering: .relaxed) {
        case 0: nil
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        case SIGUSR2: "SIGUSR2"
        case let number: "signal \(number)"
        }
    }
}

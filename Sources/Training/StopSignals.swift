import Glibc
import Synchronization

private let lastSignal = Atomic<Int32>(0)

/// Signals that ask a run to stop: schedulers and people send them before they kill.
///
/// The first one is noted; the run stops after the step that it is in. A second one ends the
/// process at once: the last checkpoint stays good.
public enum StopSignals {
    /// Notes SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 from now on.
    public static func watch() {
        for number in [SIGTERM, SIGINT, SIGUSR1, SIGUSR2] {
            signal(number) { number in
                if lastSignal.exchange(number, ordering: .relaxed) != 0 { _exit(75) }
            }
        }
    }

    /// The name of the signal that came, if one has.
    public static var received: String? {
        switch lastSignal.load(ordering: .relaxed) {
        case 0: nil
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        case SIGUSR2: "SIGUSR2"
        case let number: "signal \(number)"
        }
    }
}

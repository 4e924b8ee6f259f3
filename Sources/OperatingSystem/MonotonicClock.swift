import Glibc

/// Clock for durations and deadlines. It never goes back, and setting the date does not affect it.
public enum MonotonicClock {
    /// Seconds since a fixed moment in the past; comparable within one host.
    public static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}

import OperatingSystem

/// Deadline by which a run must stop so that its last checkpoint is written in time.
package final class TimeBudget {
    private let endTime: Double?
    /// Duration of the longest checkpoint so far; before the first, an estimate for a slow disk.
    private var writeSeconds: Double
    private var longestGap = 0.0
    private var lastLook: Double?
    /// Whether the deadline has been reached. Stays true.
    package private(set) var wasSpent = false

    /// Exiting takes some time besides the checkpoint, and schedulers' clocks are coarse.
    private static let marginSeconds = 5.0
    private static let slowDisk = 100e6

    /// Makes a budget until `endTime`, in `MonotonicClock.seconds`; nil for no limit.
    package init(until endTime: Double?, parameterCount: Int) {
        self.endTime = endTime
        // Weights and two moments.
        writeSeconds = Double(parameterCount * 3 * MemoryLayout<Float>.stride) / Self.slowDisk
    }

    /// Records the duration of a checkpoint.
    package func noteWrite(seconds: Double) {
        writeSeconds = max(writeSeconds, seconds)
        // The checkpoint was not a gap between two polls: it is counted separately.
        restart()
    }

    /// Forgets the last poll: the time until the next one is no gap between two polls.
    package func restart() { lastLook = nil }

    /// Whether it is time to stop. That is the case if the remaining time would not be enough if
    /// the next poll came as late as the latest so far and the disk were half as slow again. A
    /// checkpoint that has been `writing` for the given seconds finishes first.
    package func isSpent(writing: Double? = nil) -> Bool {
        guard let endTime else { return false }
        let now = MonotonicClock.seconds
        if let lastLook { longestGap = max(longestGap, now - lastLook) }
        lastLook = now
        let before = writing.map { max(0, 1.5 * writeSeconds - $0) } ?? 0
        if endTime - now < before + 1.5 * writeSeconds + longestGap + Self.marginSeconds {
            wasSpent = true
        }
        return wasSpent
    }
}

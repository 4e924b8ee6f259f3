import OperatingSystem

/// The deadline by which a run must stop so that its last checkpoint is written in time.
package final class TimeBudget {
    private let endTime: Double?
    /// The longest checkpoint so far; before the first, what a slow disk would take.
    private var writeSeconds: Double
    private var longestGap = 0.0
    private var lastLook: Double?
    /// Whether the time came. It stays so.
    package private(set) var wasSpent = false

    /// Leaving takes a little beside the checkpoint, and schedulers' clocks are coarse.
    private static let marginSeconds = 5.0
    private static let slowDisk = 100e6

    /// A budget until `endTime`, in `MonotonicClock.seconds`; nil: without end.
    package init(until endTime: Double?, parameterCount: Int) {
        self.endTime = endTime
        // Weights and two moments.
        writeSeconds = Double(parameterCount * 3 * MemoryLayout<Float>.stride) / Self.slowDisk
    }

    /// Notes how long a checkpoint took.
    package func noteWrite(seconds: Double) {
        writeSeconds = max(writeSeconds, seconds)
        // It was no gap between two looks: it is counted by itself.
        lastLook = nil
    }

    /// Whether it is time to stop: what is left would not be enough if the next look came as late
    /// as the latest so far and the disk took half as long again. A checkpoint that has been
    /// `writing` for so many seconds comes to its end first.
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

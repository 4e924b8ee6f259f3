/// Cost of reductions on this rank, summed over steps.
public struct ReductionStatistics: Equatable, Sendable {
    /// Number of finished steps.
    public var steps = 0
    /// Bytes sent by this rank.
    public var bytesSent = 0
    /// Seconds in flight: from the start of a step's first bucket to the end of its last, plus
    /// all-gathers.
    public var wallSeconds = 0.0
    /// Seconds spent advancing messages between kernels, before the final wait.
    public var progressSeconds = 0.0
    /// Seconds spent in the final wait, after the end of the backward pass, and in all-gathers.
    public var blockingSeconds = 0.0

    /// Creates empty statistics.
    public init() {}

    /// Seconds in which this rank computed nothing because of communication.
    public var busySeconds: Double { progressSeconds + blockingSeconds }

    /// Adds the cost of another step.
    public mutating func add(_ other: ReductionStatistics) {
        steps += other.steps
        bytesSent += other.bytesSent
        wallSeconds += other.wallSeconds
        progressSeconds += other.progressSeconds
        blockingSeconds += other.blockingSeconds
    }

    /// Returns the cost since `earlier`.
    public func since(_ earlier: ReductionStatistics) -> ReductionStatistics {
        var part = self
        part.steps -= earlier.steps
        part.bytesSent -= earlier.bytesSent
        part.wallSeconds -= earlier.wallSeconds
        part.progressSeconds -= earlier.progressSeconds
        part.blockingSeconds -= earlier.blockingSeconds
        return part
    }

    /// Share of the time in flight that was hidden behind the backward pass, from 0 to 1; 0 before
    /// any step.
    public var overlap: Double {
        wallSeconds > 0 ? max(0, 1 - busySeconds / wallSeconds) : 0
    }
}

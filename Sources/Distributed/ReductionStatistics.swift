/// The cost of reductions on this rank, summed over steps.
public struct ReductionStatistics: Equatable, Sendable {
    /// Steps finished.
    public var steps = 0
    /// Bytes this rank has sent.
    public var bytesSent = 0
    /// Seconds from the start of a step's first bucket to the end of its last, and those of an all-gather: how long
    /// messages were on their way.
    public var wallSeconds = 0.0
    /// Seconds spent in moving messages on between kernels, before the final wait.
    public var progressSeconds = 0.0
    /// Seconds spent in the final wait, when the backward pass had nothing left to do, and in an all-gather.
    public var blockingSeconds = 0.0

    /// Nothing yet.
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

    /// The cost since `earlier`.
    public func since(_ earlier: ReductionStatistics) -> ReductionStatistics {
        var part = self
        part.steps -= earlier.steps
        part.bytesSent -= earlier.bytesSent
        part.wallSeconds -= earlier.wallSeconds
        part.progressSeconds -= earlier.progressSeconds
        part.blockingSeconds -= earlier.blockingSeconds
        return part
    }

    /// The share of the time on the way that was hidden behind the backward pass, from 0 to 1; 0 before any step.
    public var overlap: Double {
        wallSeconds > 0 ? max(0, 1 - busySeconds / wallSeconds) : 0
    }
}

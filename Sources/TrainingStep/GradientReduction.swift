public import Distributed

/// Settings of the reduction of gradients over the ranks.
public struct GradientReduction: Sendable, Equatable {
    /// Size of a bucket, in MiB.
    public var bucketMegabytes: Double
    /// Whether buckets start while the backward pass still runs.
    public var overlaps: Bool
    /// The element type of gradients between ranks.
    public var wire: WireType
    /// Whether each rank updates its part of the parameters, and has moments for that only.
    public var shardsOptimizer: Bool

    /// Settings; the defaults are those of a run.
    public init(
        bucketMegabytes: Double = 16, overlaps: Bool = true, wire: WireType = .float32,
        shardsOptimizer: Bool = false
    ) {
        self.bucketMegabytes = bucketMegabytes
        self.overlaps = overlaps
        self.wire = wire
        self.shardsOptimizer = shardsOptimizer
    }
}

public import Distributed
public import Kernels

/// Settings of the gradient reduction over the ranks.
public struct GradientReduction: Sendable, Equatable {
    /// Size of a bucket, in MiB.
    public var bucketMegabytes: Double
    /// Whether buckets start while the backward pass is still running.
    public var overlaps: Bool
    /// Element type of gradients sent between ranks.
    public var wire: WireType
    /// Whether each rank updates its shard of the parameters, and holds moments for that only.
    public var shardsOptimizer: Bool
    /// Elements that one rank sums together: the ranks' parts of a bucket begin at multiples of it.
    /// Sharding needs the default, `KernelExecutor.squareBlock`.
    public var unit: Int

    /// Creates settings; the defaults are those of a run.
    public init(
        bucketMegabytes: Double = 16, overlaps: Bool = true, wire: WireType = .float32,
        shardsOptimizer: Bool = false, unit: Int = KernelExecutor.squareBlock
    ) {
        self.bucketMegabytes = bucketMegabytes
        self.overlaps = overlaps
        self.wire = wire
        self.shardsOptimizer = shardsOptimizer
        self.unit = unit
    }
}

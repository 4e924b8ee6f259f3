public import Distributed
import Formats
public import Runtime

extension RunConfiguration {
    /// `parallel`: distribution of the work over ranks and threads.
    public struct Parallel: Equatable, Sendable {
        /// `threads`: threads per rank.
        public var threads = ThreadCount.auto
        /// `pin`: whether ranks that share processors are each pinned to their part of them.
        public var pin = true
        /// `bucket_megabytes`: size of gradient buckets for reduction, in MiB.
        public var bucketMegabytes = 16.0
        /// `overlap`: whether reduction of buckets starts while the backward pass still runs.
        public var overlap = true
        /// `shard_optimizer`: whether each rank keeps only its part of the moments.
        public var shardOptimizer = false
        /// `wire`: element type of gradients between ranks.
        public var wire = WireType.float32
        /// `recompute`: whether the backward pass recomputes activations: slower, less memory.
        public var recompute = false
        /// `timeout`: seconds that a rank waits for others before it ends the job; 0 waits forever.
        public var timeout = 600.0

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "threads", \.threads, .threads, .harmless,
                    means: """
                        threads of one rank; `auto`: its part of the processors that the job may \
                        use ([training.md](training.md))
                        """),
                Field(
                    "pin", \.pin, .flag, .harmless,
                    means: """
                        whether ranks of a host that share its processors are each pinned to \
                        their part of them
                        """),
                Field(
                    "bucket_megabytes", \.bucketMegabytes,
                    .number("above 0 and at most 4096") { $0 > 0 && $0 <= 4096 }, .harmless,
                    means: """
                        gradients are reduced in buckets of this size, in MiB, rounded up to \
                        multiples of 16 KiB
                        """),
                Field(
                    "overlap", \.overlap, .flag, .harmless,
                    means: "whether buckets start while the backward pass still runs"),
                Field(
                    "shard_optimizer", \.shardOptimizer, .flag, .harmless,
                    means: """
                        whether each rank updates, and keeps the moments of, only its part of \
                        the parameters: 1/N of the memory, the same bits, and the second half of \
                        the communication no longer hides behind the backward pass \
                        ([distributed.md](distributed.md))
                        """),
                Field(
                    "wire", \.wire, .choice, .changesTraining,
                    means: "element type of gradients between ranks"),
                Field(
                    "recompute", \.recompute, .flag, .harmless,
                    means:
                        "whether the backward pass computes activations anew: slower, less memory"),
                Field(
                    "timeout", \.timeout, .notNegative, .harmless,
                    means: """
                        seconds that a rank waits for others before it ends the job with their \
                        names; 0: for ever ([survival.md](survival.md))
                        """),
            ]
        }
    }
}

extension RunConfiguration {
    /// Threads of one rank.
    public enum ThreadCount: Equatable, Sendable {
        /// The processors of the machine divided among its ranks, at least one.
        case auto
        /// This many.
        case fixed(Int)
    }

    /// Element type of gradients between ranks.
    public enum WireType: String, CaseIterable, Sendable {
        /// As they were computed.
        case fp32
        /// Half the bytes; sums still are formed in fp32.
        case bf16
    }

    /// `parallel`: how ranks and threads share the work.
    public struct Parallel: Equatable, Sendable {
        /// `threads`: threads of one rank.
        public var threads = ThreadCount.auto
        /// `pin`: whether ranks that share processors are each pinned to their part of them.
        public var pin = true
        /// `bucket_megabytes`: gradients are reduced in buckets of this size, in MiB.
        public var bucketMegabytes = 16.0
        /// `overlap`: whether buckets start while the backward pass still runs.
        public var overlap = true
        /// `shard_optimizer`: whether each rank keeps only its part of the moments.
        public var shardOptimizer = false
        /// `wire`: element type of gradients between ranks.
        public var wire = WireType.fp32
        /// `recompute`: whether the backward pass recomputes activations: slower, less memory.
        public var recompute = false
        /// `timeout`: seconds that a rank waits for others before it ends the job; 0: for ever.
        public var timeout = 600.0

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field(
                    "parallel.threads", \.parallel.threads, .threads, .harmless,
                    means: """
                        threads of one rank; `auto`: its part of the processors that the job may \
                        use ([training.md](training.md))
                        """),
                Field(
                    "parallel.pin", \.parallel.pin, .flag, .harmless,
                    means: """
                        whether ranks of a host that share its processors are each pinned to \
                        their part of them
                        """),
                Field(
                    "parallel.bucket_megabytes", \.parallel.bucketMegabytes,
                    .number("above 0 and at most 4096") { $0 > 0 && $0 <= 4096 }, .harmless,
                    means: """
                        gradients are reduced in buckets of this size, in MiB, rounded up to \
                        multiples of 16 KiB
                        """),
                Field(
                    "parallel.overlap", \.parallel.overlap, .flag, .harmless,
                    means: "whether buckets start while the backward pass still runs"),
                Field(
                    "parallel.shard_optimizer", \.parallel.shardOptimizer, .flag, .harmless,
                    means: """
                        whether each rank updates, and keeps the moments of, only its part of \
                        the parameters: 1/N of the memory, the same bits, and the second half of \
                        the communication no longer hides behind the backward pass \
                        ([distributed.md](distributed.md))
                        """),
                Field(
                    "parallel.wire", \.parallel.wire, .choice, .changesTraining,
                    means: "element type of gradients between ranks"),
                Field(
                    "parallel.recompute", \.parallel.recompute, .flag, .harmless,
                    means:
                        "whether the backward pass computes activations anew: slower, less memory"),
                Field(
                    "parallel.timeout", \.parallel.timeout, .notNegative, .harmless,
                    means: """
                        seconds that a rank waits for others before it ends the job with their \
                        names; 0: for ever ([survival.md](survival.md))
                        """),
            ]
        }
    }
}

extension ValueKind where Value == RunConfiguration.ThreadCount {
    static var threads: Self {
        let count = ValueKind<Int>.integer(1...4096)
        return Self(
            "auto, or \(count.expectation)",
            read: { tree, path, problems in
                if case .scalar("auto", _) = tree.content { return .auto }
                return count.read(tree, path, &problems).map { .fixed($0) }
            },
            write: { threads in
                switch threads {
                case .auto: "auto"
                case .fixed(let number): count.write(number)
                }
            })
    }
}

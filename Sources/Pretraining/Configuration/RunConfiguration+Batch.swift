import Formats

extension RunConfiguration {
    /// `batch`: batch sizes, counted in sequences.
    public struct Batch: Equatable, Sendable {
        /// `global`: sequences per optimizer step, over all ranks.
        public var global = 256
        /// `micro`: maximum number of sequences a rank computes at once; the rest of its share is
        /// accumulated. It affects memory and speed, not results.
        public var micro = 16

        /// The defaults.
        public init() {}

        /// Number of sequences of a step on `rank`; shares differ by at most one.
        public func share(rank: Int, ranks: Int) -> Int {
            precondition(ranks > 0 && (0..<ranks).contains(rank), "no such rank")
            return global / ranks + (rank < global % ranks ? 1 : 0)
        }

        /// Number of passes a rank needs for the largest share of a step.
        public func accumulation(ranks: Int) -> Int {
            (share(rank: 0, ranks: ranks) + micro - 1) / micro
        }

        static var fields: [Field<Self>] {
            [
                Field(
                    "global", \.global, .integer(1...16_777_216), .changesTraining,
                    means: "sequences of one optimizer step, over all ranks"),
                Field(
                    "micro", \.micro, .integer(1...65_536), .harmless,
                    means: """
                        most sequences a rank computes at once; the rest of its share is \
                        accumulated. Changes memory and speed, not what is learned
                        """),
            ]
        }
    }
}

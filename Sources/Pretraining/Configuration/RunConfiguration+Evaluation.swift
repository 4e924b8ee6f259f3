import Formats

extension RunConfiguration {
    /// `evaluation`: held-out evaluation during training.
    public struct Evaluation: Equatable, Sendable {
        /// `every_steps`: steps between evaluations; 0 evaluates only at the end.
        public var everySteps = 200
        /// `max_sequences`: maximum number of held-out sequences per evaluation; always the same
        /// ones.
        public var maxSequences = 10_000
        /// `target`: fraction of masked tokens predicted correctly; the run ends as soon as an
        /// evaluation reaches it.
        public var target: Double?

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "every_steps", \.everySteps,
                    .integer(0...1_000_000_000), .harmless,
                    means: "steps between evaluations; 0 evaluates only at the end"),
                Field(
                    "max_sequences", \.maxSequences,
                    .integer(1...1_000_000_000), .harmless,
                    means: "most held-out sequences of one evaluation; always the same ones"),
                Field(
                    "target", \.target,
                    .orNull(.number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }, "no target"),
                    .harmless,
                    means: """
                        the run ends as soon as an evaluation finds this share of the masked \
                        tokens predicted, or more
                        """),
            ]
        }
    }
}

import Formats

extension RunConfiguration {
    /// `checkpoint`: schedule and retention of checkpoints. A run always writes one at its end.
    public struct Checkpoint: Equatable, Sendable {
        /// `every_steps`: steps between checkpoints; 0 disables this trigger.
        public var everySteps = 500
        /// `every_minutes`: minutes between checkpoints; 0 disables this trigger.
        public var everyMinutes = 15.0
        /// `keep_last`: number of newest checkpoints retained; 0 retains all.
        public var keepLast = 3
        /// `keep_every`: checkpoints at multiples of this step are retained permanently; 0 for
        /// none.
        public var keepEvery = 0
        /// `keep_best`: whether an evaluation that finds the best model so far, by MLM accuracy, is
        /// followed by a checkpoint that is retained until a better one exists.
        public var keepBest = false
        /// `background`: whether training continues while a checkpoint is written from a copy of
        /// the state. The copy takes memory for the whole run.
        public var background = true

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "every_steps", \.everySteps,
                    .integer(0...1_000_000_000), .harmless,
                    means: "steps between checkpoints; 0 counts no steps"),
                Field(
                    "every_minutes", \.everyMinutes, .notNegative, .harmless,
                    means: "minutes between checkpoints; 0 looks at no clock"),
                Field(
                    "keep_last", \.keepLast, .integer(0...1_000_000),
                    .harmless, means: "newest checkpoints that stay; 0 keeps all"),
                Field(
                    "keep_every", \.keepEvery,
                    .integer(0...1_000_000_000), .harmless,
                    means: "checkpoints at multiples of this step stay for good; 0 for none"),
                Field(
                    "keep_best", \.keepBest, .flag, .harmless,
                    means: """
                        whether an evaluation that finds the best model so far, by MLM accuracy, \
                        is followed by a checkpoint, which stays until there is a better one
                        """),
                Field(
                    "background", \.background, .flag, .harmless,
                    means: """
                        whether training goes on while a checkpoint is written, from a copy of \
                        the state that takes memory for the whole run: 4 bytes for each \
                        parameter on rank 0, and 8 for each of a rank's share of the moments
                        """),
            ]
        }
    }
}

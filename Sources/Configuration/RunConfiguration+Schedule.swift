extension RunConfiguration {
    /// The shape of the decay after warm-up.
    public enum ScheduleName: String, CaseIterable, Sendable {
        /// Straight down to 0 at `total_steps`.
        case linear
        /// `(1 - x)^power` down to 0 at `total_steps`.
        case polynomial
        /// No decay.
        case constant
    }

    /// `schedule`: learning rate over the steps. In a phase, steps count from the phase's start.
    public struct Schedule: Equatable, Sendable {
        /// `name`: the shape of the decay.
        public var name = ScheduleName.linear
        /// `power`: the exponent of `polynomial`.
        public var power = 1.0
        /// `warmup_steps`: steps over which the rate rises in proportion to the step.
        public var warmupSteps = 100
        /// `total_steps`: optimizer steps of the run, or of the phase.
        public var totalSteps = 1000

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field(
                    "schedule.name", \.schedule.name, .choice, .changesTraining,
                    means: "the shape of the decay"),
                Field(
                    "schedule.power", \.schedule.power, .positive, .changesTraining,
                    means: "the exponent of `polynomial`"),
                Field(
                    "schedule.warmup_steps", \.schedule.warmupSteps, .integer(0...1_000_000_000),
                    .changesTraining,
                    means: "steps over which the rate rises in proportion to the step"),
                Field(
                    "schedule.total_steps", \.schedule.totalSteps, .integer(1...1_000_000_000),
                    .changesTraining, means: "optimizer steps of the run, or of the phase"),
            ]
        }
    }
}

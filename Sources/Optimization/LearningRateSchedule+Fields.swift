package import Formats

/// Fields of section `schedule`.
extension LearningRateSchedule {
    package static var fields: [Field<Self>] {
        [
            Field(
                "name", \.name, .choice, .changesTraining,
                means: "the shape of the decay"),
            Field(
                "power", \.power, .positive, .changesTraining,
                means: "the exponent of `polynomial`"),
            Field(
                "warmup_steps", \.warmupSteps, .integer(0...1_000_000_000),
                .changesTraining,
                means: "steps over which the rate rises in proportion to the step"),
            Field(
                "total_steps", \.totalSteps, .integer(1...1_000_000_000),
                .changesTraining, means: "optimizer steps of the run, or of the phase"),
        ]
    }
}

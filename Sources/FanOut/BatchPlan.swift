import FineTuning

/// The batches of a trial, and those after which the evaluation data is scored.
struct BatchPlan: Equatable {
    /// Batches of an epoch.
    let perEpoch: Int
    /// Batches of all epochs.
    let count: Int
    /// The numbers of batches after which the evaluation data is scored, in order.
    let evaluations: [Int]

    /// The batches of a trial of `task` with so many examples to learn from.
    init(
        _ task: TaskDefinition, of configuration: FineTuningConfiguration, examples: Int,
        epochs: Int
    ) {
        let size = configuration.batchSize(of: task)
        let perEpoch = (examples + size - 1) / size
        let times = configuration.earlyStopping.evaluationsPerEpoch
        let ends = (0..<epochs * times).map { (perEpoch * ($0 + 1) + times - 1) / times }
        self.perEpoch = perEpoch
        count = perEpoch * epochs
        evaluations = Array(Set(ends)).sorted()
    }
}

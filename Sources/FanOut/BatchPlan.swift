import FineTuning

/// Schedule of a trial's batches, and of the evaluations between them.
struct BatchPlan: Equatable {
    /// Batches per epoch.
    let perEpoch: Int
    /// Total number of batches.
    let count: Int
    /// Numbers of batches after which the evaluation data is scored, in order.
    let evaluations: [Int]

    /// Schedule of a trial of `task` with the given number of training examples.
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

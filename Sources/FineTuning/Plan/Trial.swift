/// One fine-tuning run: a task, a model to start from, and one choice of hyperparameters.
public struct Trial: Equatable, Sendable, Hashable {
    /// Index of the task in the configuration.
    public let task: Int
    /// Index of the model to start from.
    public let checkpoint: Int
    /// Peak learning rate.
    public let learningRate: Double
    /// Epochs over the training data.
    public let epochs: Int
    /// Seed of all randomness.
    public let seed: Int
    /// Name of the trial in results and folders, independent of whatever else the configuration
    /// lists: `TASK/CHECKPOINT/lr3e-05-epochs3-seed1`.
    public let key: String
}

extension FineTuningConfiguration {
    /// Number of `trials`, or `Int.max` on overflow.
    public var trialCount: Int {
        var count = 0
        for task in tasks {
            let factors = [
                checkpoints.count, seeds.count, learningRates(of: task).count,
                epochs(of: task).count,
            ]
            var product = 1
            for factor in factors {
                let (value, overflow) = product.multipliedReportingOverflow(by: factor)
                if overflow { return .max }
                product = value
            }
            let (sum, overflow) = count.addingReportingOverflow(product)
            if overflow { return .max }
            count = sum
        }
        return count
    }

    /// All trials, in the order of the configuration: tasks, checkpoints, learning rates, epochs,
    /// seeds.
    public var trials: [Trial] {
        var trials: [Trial] = []
        for (taskIndex, task) in tasks.enumerated() {
            for (pointIndex, point) in checkpoints.enumerated() {
                for rate in learningRates(of: task) {
                    for count in epochs(of: task) {
                        let setting = "lr\(rate)-epochs\(count)"
                        trials += seeds.map { seed in
                            Trial(
                                task: taskIndex, checkpoint: pointIndex, learningRate: rate,
                                epochs: count, seed: seed,
                                key: "\(task.name)/\(point.name)/\(setting)-seed\(seed)")
                        }
                    }
                }
            }
        }
        return trials
    }

    /// Peak learning rates that a task tries: its own, or else the configuration's.
    public func learningRates(of task: TaskDefinition) -> [Double] {
        task.learningRates.isEmpty ? learningRates : task.learningRates
    }

    /// Numbers of epochs that a task tries.
    public func epochs(of task: TaskDefinition) -> [Int] {
        task.epochs.isEmpty ? epochs : task.epochs
    }

    /// Maximum length of an input of a task, in tokens.
    public func sequenceLength(of task: TaskDefinition) -> Int {
        task.sequenceLength ?? sequenceLength
    }

    /// Inputs per update of a task, over all ranks of a trial.
    public func batchSize(of task: TaskDefinition) -> Int { task.batchSize ?? batchSize }
}

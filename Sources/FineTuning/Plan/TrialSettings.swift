internal import DurableFiles
internal import Tensors

/// Everything that determines the outcome of trials besides their keys: the settings and data of
/// each task, and the content of each model to start from.
///
/// Results of a fan-out are compared and averaged, so all results in a directory must come from the
/// same settings. The plan stores them and rejects others.
public struct TrialSettings: Equatable, Sendable, Codable {
    /// Settings of each task, by task name: key and value, as text.
    public var tasks: [String: [String: String]] = [:]
    /// Settings of each starting model, by its name in the configuration.
    public var checkpoints: [String: [String: String]] = [:]

    /// Makes empty settings.
    public init() {}

    /// Identifier of one trial's settings, including its key: equal for equal settings.
    public func identifier(of trial: Trial, _ configuration: FineTuningConfiguration) -> String {
        var text = trial.key + "\n"
        for settings in [
            tasks[configuration.tasks[trial.task].name],
            checkpoints[configuration.checkpoints[trial.checkpoint].name],
        ] {
            for (key, value) in (settings ?? [:]).sorted(by: { $0.key < $1.key }) {
                text += "\(key)=\(value)\n"
            }
        }
        return SHA256.digest(of: Array(text.utf8)).description
    }

    /// The first key in which two settings of the same name differ, with both values: "precision was
    /// fp32, and is bf16".
    static func difference(_ before: [String: String], _ now: [String: String]) -> String? {
        for key in Set(before.keys).union(now.keys).sorted() where before[key] != now[key] {
            return "\(visible(key)) was \(visible(before[key] ?? "not set")), and is "
                + visible(now[key] ?? "not set")
        }
        return nil
    }
}

extension FineTuningConfiguration {
    /// Settings of a task's trials besides the model and what their keys contain.
    ///
    /// `micro_batch_size` and `ranks_per_trial` are omitted because they only change the rounding
    /// of sums. Paths of files are omitted because their content counts.
    ///
    /// - Parameters:
    ///   - train: identifies the content of the training data.
    ///   - evaluate: identifies the content of the evaluation data.
    public func settings(
        of task: TaskDefinition, train: String, evaluate: String
    ) -> [String: String] {
        var settings = [
            "kind": task.kind.rawValue, "train": train, "evaluate": evaluate,
            "metric": task.decidingMetric.rawValue,
            "sequence_length": "\(sequenceLength(of: task))",
            "batch_size": "\(batchSize(of: task))", "warmup": "\(warmup)",
            "weight_decay": "\(weightDecay)", "clip_norm": "\(clipNorm)",
            "head_dropout": headDropout.map { "\($0)" } ?? "the model's",
            "precision": precision.rawValue,
            "early_stopping.patience": "\(earlyStopping.patience)",
            "early_stopping.minimum_improvement": "\(earlyStopping.minimumImprovement)",
            "early_stopping.evaluations_per_epoch": "\(earlyStopping.evaluationsPerEpoch)",
        ]
        for (key, path) in [("train", task.train), ("evaluate", task.evaluate)] {
            settings["format of \(key)"] = task.format(of: path)?.rawValue
        }
        settings.merge(task.kind.rules.settings(task)) { first, _ in first }
        return settings
    }
}

internal import DurableFiles
internal import Tensors

/// What decides the outcome of trials besides what their keys say: the settings and the data of each
/// task, and the content of each model to start from.
///
/// Results of a fan-out are compared and averaged, so all of a directory must come from the same
/// settings: the plan keeps them, and refuses others.
public struct TrialSettings: Equatable, Sendable, Codable {
    /// What decides a task's trials, by the task's name: key and value, as text.
    public var tasks: [String: [String: String]] = [:]
    /// What decides the start of a model's trials, by the model's name in the configuration.
    public var checkpoints: [String: [String: String]] = [:]

    /// Nothing is known.
    public init() {}

    /// Names the settings of one trial, its own key included: equal for equal settings.
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
    /// What decides the trials of a task besides the model and what is in their keys.
    ///
    /// `micro_batch_size` and `ranks_per_trial` are left out, since they change the rounding of sums
    /// only, and so are the paths of files: their content counts.
    ///
    /// - Parameters:
    ///   - train: names the content of the training data.
    ///   - evaluate: the same of the evaluation data.
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
        settings.merge(task.formSettings) { first, _ in first }
        return settings
    }
}

extension TaskDefinition {
    /// How the files of its kind of task are read, and what is made of them.
    fileprivate var formSettings: [String: String] {
        switch kind {
        case .questionAnswering:
            [
                "answers": answers.rawValue, "null_threshold": "\(nullThreshold)",
                "stride": "\(stride)", "maximum_question_length": "\(maximumQuestionLength)",
            ]
        case .tagging:
            [
                "columns.word": "\(columns.word)", "columns.tag": columns.tag.map { "\($0)" } ?? "",
                "labels": "\(labels)",
            ]
        case .classification, .multiLabel, .regression, .multipleChoice:
            [
                "columns.text": columns.text, "columns.pair": columns.pair ?? "",
                "columns.label": columns.label, "columns.choices": "\(columns.choices)",
                "header": "\(header)", "labels": "\(labels)",
            ]
        }
    }
}

import Distributed
import FineTuning

extension SharedInputs {
    /// Adds every key of a configuration as resolved.
    mutating func add(_ configuration: FineTuningConfiguration) {
        let lines = configuration.yaml.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            add("line \(index + 1) of the resolved configuration", "\(line)")
        }
    }

    /// Adds everything that determines the trials: settings, and the contents of the tasks' files
    /// and of the models.
    mutating func add(_ settings: TrialSettings) {
        for (kind, all) in [("task", settings.tasks), ("model", settings.checkpoints)] {
            for (name, values) in all.sorted(by: { $0.key < $1.key }) {
                for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                    add("\(kind) \(name): \(key)", value)
                }
            }
        }
    }
}

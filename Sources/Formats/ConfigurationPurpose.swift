/// Purpose of a configuration file, recognized by its keys, so that a file given to the wrong
/// command gets one message that names the right command, instead of one per unknown key.
public enum ConfigurationPurpose: Sendable {
    /// `bert-train`: sections such as `model` and `data`.
    case pretraining
    /// `bert-train finetune`: `tasks` and `checkpoints`.
    case fineTuning

    /// Top-level keys that are required for one purpose and unknown to the other.
    private var ownKeys: [String] {
        switch self {
        case .pretraining:
            [
                "run", "model", "data", "masking", "batch", "optimizer", "schedule", "checkpoint",
                "phases",
            ]
        case .fineTuning: ["tasks", "checkpoints"]
        }
    }

    /// Recognizes the purpose of the YAML file at `path`, with `--set` arguments applied, by its
    /// keys.
    ///
    /// - Throws: `ConfigurationError` if it cannot be read, including arguments that cannot be
    ///   read.
    public init(ofFile path: String, overrides: [String]) throws(ConfigurationError) {
        var faults = ConfigurationFaults()
        let tree = try YAMLTree.document(
            YAMLReader.text(ofFile: path), name: path, overrides: overrides, faults: &faults)
        var keys: [String] = []
        if case .mapping(let entries) = tree.content { keys = entries.map(\.key) }
        self = keys.contains(where: Self.fineTuning.ownKeys.contains) ? .fineTuning : .pretraining
    }

    private var other: ConfigurationPurpose {
        switch self {
        case .pretraining: .fineTuning
        case .fineTuning: .pretraining
        }
    }

    private var name: String {
        switch self {
        case .pretraining: "pre-training"
        case .fineTuning: "fine-tuning"
        }
    }

    private var command: String {
        switch self {
        case .pretraining: "bert-train --config"
        case .fineTuning: "bert-train finetune --config"
        }
    }

    /// Throws if a document only has keys of the other purpose.
    package func check(_ tree: YAMLTree, name file: String) throws(ConfigurationError) {
        guard case .mapping(let entries) = tree.content else { return }
        let keys = entries.map(\.key)
        let foreign = other.ownKeys.filter(keys.contains)
        guard !foreign.isEmpty, !ownKeys.contains(where: keys.contains) else { return }
        let list = foreign.prefix(3).joined(separator: ", ")
        throw ConfigurationError(
            location: printable(file),
            message: "this is a \(other.name) file (it has \(list)); run: \(other.command) "
                + printable(file))
    }
}

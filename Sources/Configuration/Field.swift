/// One key of the configuration: its path, its kind, and its place in `RunConfiguration`.
///
/// The table of all fields is the only list of keys there is. Reading, writing, comparing,
/// suggesting and the tests of the documents all walk it.
struct Field {
    /// Dotted path, such as `optimizer.learning_rate`.
    let path: String
    /// The effect of a change between two runs.
    let effect: ConfigurationDifference.Effect
    /// The allowed values, for messages and documents.
    let expectation: String
    /// The meaning of the value, in the words of the documents.
    let meaning: String
    /// Reads a value into a configuration; what does not fit is added to the problems.
    let read: (YAMLTree, inout RunConfiguration, inout [ConfigurationError.Problem]) -> Void
    /// The value as YAML on one line.
    let write: (RunConfiguration) -> String

    init<Value>(
        _ path: String, _ place: WritableKeyPath<RunConfiguration, Value>, _ kind: ValueKind<Value>,
        _ effect: ConfigurationDifference.Effect, means meaning: String
    ) {
        self.path = path
        self.effect = effect
        self.meaning = meaning
        expectation = kind.expectation
        read = { tree, configuration, problems in
            let count = problems.count
            let name = tree.origin.prefix + path
            if let value = kind.read(tree, name, &problems) {
                configuration[keyPath: place] = value
            } else if problems.count == count {
                problems.append(
                    .init(
                        location: tree.origin.location,
                        message: "\(name) must be \(kind.expectation), found \(tree.found)"))
            }
        }
        write = { kind.write($0[keyPath: place]) }
    }

    /// A key of Hugging Face's `BertConfig` with only one value that a pre-trained BERT can have:
    /// accepted since a `config.json` has it, never stored.
    init(_ path: String, only value: String, means meaning: String) {
        self.path = path
        self.meaning = meaning
        effect = .harmless
        expectation = "\(value) (nothing else is built)"
        read = { tree, _, problems in
            guard case .scalar(let text, _) = tree.content, text == value else {
                let name = tree.origin.prefix + path
                problems.append(
                    .init(
                        location: tree.origin.location,
                        message: "\(name) must be \(value) (nothing else is built), "
                            + "found \(tree.found)"))
                return
            }
        }
        write = { _ in value }
    }

    /// The first component of the path.
    var section: String { String(path.prefix { $0 != "." }) }
    /// The path without its section.
    var key: String { String(path.drop { $0 != "." }.dropFirst()) }
}

/// Every key, in the order of the documents and of the resolved dump.
enum Schema {
    static var fields: [Field] {
        RunConfiguration.Run.fields + RunConfiguration.Model.fields + RunConfiguration.Data.fields
            + RunConfiguration.Masking.fields + RunConfiguration.Batch.fields
            + RunConfiguration.Optimizer.fields + RunConfiguration.Schedule.fields
            + RunConfiguration.Precision.fields + RunConfiguration.Evaluation.fields
            + RunConfiguration.Checkpoint.fields + RunConfiguration.Parallel.fields
    }

    /// The sections in order; `phases` stands where its list is written.
    static let sections = [
        "run", "model", "data", "masking", "batch", "optimizer", "schedule", "precision", "phases",
        "evaluation", "checkpoint", "parallel",
    ]

    /// The one key with a value that may be a mapping: null is a value of it, too, while a section
    /// that is null only gives nothing.
    static let mappingKey = "loss_scale"

    /// The sections that are the same for the whole run, so that no phase may change them.
    static let fixedSections = ["run", "model", "phases"]
}

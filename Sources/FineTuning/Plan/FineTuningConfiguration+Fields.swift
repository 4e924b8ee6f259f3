import DurableFiles
internal import Formats
internal import Tensors

/// Keys of the configuration file.
extension FineTuningConfiguration {
    static var fields: [TreeField<Self>] {
        [
            TreeField("name", \.name, .keyName),
            TreeField("directory", \.directory, .text),
            TreeField("tasks") { tree, path, root, reader in
                root.tasks = Self.mappings(tree, path, &reader) { tree, path, reader in
                    var task = TaskDefinition()
                    reader.read(tree, path, into: &task, TaskDefinition.fields)
                    return task
                }
            },
            TreeField("checkpoints") { tree, path, root, reader in
                root.checkpoints = Self.mappings(tree, path, &reader, StartingPoint.read)
            },
            TreeField("seeds", \.seeds, list: .integer(0...Int(UInt32.max))),
            TreeField("learning_rates", \.learningRates, list: .number(1e-12...1)),
            TreeField("epochs", \.epochs, list: .integer(1...10_000)),
            TreeField("sequence_length", \.sequenceLength, .integer(8...65_536)),
            TreeField("batch_size", \.batchSize, .integer(1...1_000_000)),
            TreeField("micro_batch_size", \.microBatchSize, .integer(1...65_536)),
            TreeField("warmup", \.warmup, .number(0...1)),
            TreeField("weight_decay", \.weightDecay, .float(upTo: 1)),
            TreeField("clip_norm", \.clipNorm, .float(upTo: 1e6)),
            TreeField(
                "head_dropout", \.headDropout, .orNull(.number(0...0.99), "that of the model")),
            TreeField("precision", \.precision, .choice),
            TreeField("ranks_per_trial", \.ranksPerTrial, .integer(1...65_536)),
            TreeField("retries", \.retries, .integer(0...100)),
            TreeField("early_stopping", \.earlyStopping, section: EarlyStoppingSettings.fields),
        ]
    }

    /// The items of a list of mappings; a single mapping counts as a list of one.
    private static func mappings<Item>(
        _ tree: YAMLTree, _ path: String, _ reader: inout TreeReader,
        _ read: (YAMLTree, String, inout TreeReader) -> Item
    ) -> [Item] {
        reader.items(tree, path).enumerated().map { index, item in
            read(item, "\(path)[\(index)]", &reader)
        }
    }
}

extension FineTuningConfiguration.EarlyStoppingSettings {
    static var fields: [TreeField<Self>] {
        [
            TreeField("patience", \.patience, .integer(0...10_000)),
            TreeField("minimum_improvement", \.minimumImprovement, .number(0...1)),
            TreeField("evaluations_per_epoch", \.evaluationsPerEpoch, .integer(1...1000)),
        ]
    }
}

extension FineTuningConfiguration.StartingPoint {
    static var fields: [TreeField<Self>] {
        [
            TreeField("name", \.name, .keyName), TreeField("path", \.path, .text),
            TreeField("from_scratch", \.fromScratch, .flag),
        ]
    }

    /// Reads a path, or a mapping.
    static func read(
        _ tree: YAMLTree, _ path: String, _ reader: inout TreeReader
    ) -> Self {
        var point = Self()
        if case .scalar = tree.content {
            point.path = reader.value(tree, path, ValueKind.text) ?? ""
        } else {
            reader.read(tree, path, into: &point, fields)
        }
        if point.name.isEmpty {
            let last = Paths.name(of: point.path)
            point.name = last + (point.fromScratch ? "-scratch" : "")
            let kind = ValueKind<String>.keyName
            if !point.path.isEmpty, !ValueKind.isKeyName(point.name) {
                reader.fail(
                    tree.origin,
                    "\(path).name is missing, and the end of the path is not \(kind.expectation)",
                    about: "\(path).name")
            }
        }
        return point
    }
}

extension TaskDefinition {
    static var fields: [TreeField<Self>] {
        [
            TreeField("name", \.name, .keyName), TreeField("kind", \.kind, .choice),
            TreeField("train", \.train, .text), TreeField("evaluate", \.evaluate, .text),
            TreeField("format", \.format, .orNull(.choice, "told by the files' names")),
            TreeField("columns", \.columns, section: Columns.fields),
            TreeField("header", \.header, list: .text), TreeField("labels", \.labels, list: .text),
            TreeField("metric", \.metric, .orNull(.choice, "the first of the kind")),
            TreeField("answers", \.answers, .choice),
            TreeField("null_threshold", \.nullThreshold, .number(-1000...1000)),
            TreeField("stride", \.stride, .integer(1...65_536)),
            TreeField(
                "maximum_question_length", \.maximumQuestionLength, .integer(1...65_536)),
            TreeField(
                "sequence_length", \.sequenceLength,
                .orNull(.integer(8...65_536), "that of all tasks")),
            TreeField(
                "batch_size", \.batchSize, .orNull(.integer(1...1_000_000), "that of all tasks")),
            TreeField("learning_rates", \.learningRates, list: .number(1e-12...1)),
            TreeField("epochs", \.epochs, list: .integer(1...10_000)),
        ]
    }
}

extension TaskDefinition.Columns {
    static var fields: [TreeField<Self>] {
        [
            TreeField("text", \.text, .text),
            TreeField("pair", \.pair, .orNull(.text, "one text only")),
            TreeField("label", \.label, .text), TreeField("choices", \.choices, list: .text),
            TreeField("word", \.word, .integer(0...999)),
            TreeField("tag", \.tag, .orNull(.integer(-1000...999), "the last; in CoNLL-U, UPOS")),
        ]
    }
}

internal import Configuration

/// The keys of the file.
extension FineTuningConfiguration {
    static var fields: [NodeField<Self>] {
        [
            NodeField("name", \.name, .folderName),
            NodeField("directory", \.directory, .text),
            NodeField("tasks") { node, path, root, reader in
                root.tasks = Self.mappings(node, path, &reader) { node, path, reader in
                    var task = TaskDefinition()
                    reader.read(node, path, into: &task, TaskDefinition.fields)
                    return task
                }
            },
            NodeField("checkpoints") { node, path, root, reader in
                root.checkpoints = Self.mappings(node, path, &reader, StartingPoint.read)
            },
            NodeField("seeds", \.seeds, list: .integer(0...Int(UInt32.max))),
            NodeField("learning_rates", \.learningRates, list: .number(1e-12...1)),
            NodeField("epochs", \.epochs, list: .integer(1...10_000)),
            NodeField("sequence_length", \.sequenceLength, .integer(8...65_536)),
            NodeField("batch_size", \.batchSize, .integer(1...1_000_000)),
            NodeField("micro_batch_size", \.microBatchSize, .integer(1...65_536)),
            NodeField("warmup", \.warmup, .number(0...1)),
            NodeField("weight_decay", \.weightDecay, .number(0...1)),
            NodeField("clip_norm", \.clipNorm, .number(0...1e6)),
            NodeField("head_dropout", \.headDropout, orNull: .number(0...0.99)),
            NodeField("precision", \.precision, .choice),
            NodeField("ranks_per_trial", \.ranksPerTrial, .integer(1...65_536)),
            NodeField("retries", \.retries, .integer(0...100)),
            NodeField("early_stopping", \.earlyStopping, section: EarlyStoppingSettings.fields),
        ]
    }

    /// The items of a list that are more than scalars; a single one counts as a list.
    private static func mappings<Item>(
        _ node: ConfigurationNode, _ path: String, _ reader: inout NodeReader,
        _ read: (ConfigurationNode, String, inout NodeReader) -> Item
    ) -> [Item] {
        var nodes = [node]
        if case .list(let items) = node.content { nodes = items }
        guard nodes.count <= 1000 else {
            reader.fail(node.location, "\(path) has more than 1000 items")
            return []
        }
        return nodes.enumerated().map { index, node in read(node, "\(path)[\(index)]", &reader) }
    }
}

extension FineTuningConfiguration.EarlyStoppingSettings {
    static var fields: [NodeField<Self>] {
        [
            NodeField("patience", \.patience, .integer(0...10_000)),
            NodeField("minimum_improvement", \.minimumImprovement, .number(0...1)),
            NodeField("evaluations_per_epoch", \.evaluationsPerEpoch, .integer(1...1000)),
        ]
    }
}

extension FineTuningConfiguration.StartingPoint {
    static var fields: [NodeField<Self>] {
        [
            NodeField("name", \.name, .folderName), NodeField("path", \.path, .text),
            NodeField("from_scratch", \.fromScratch, .flag),
        ]
    }

    /// A path, or a mapping.
    static func read(
        _ node: ConfigurationNode, _ path: String, _ reader: inout NodeReader
    ) -> Self {
        var point = Self()
        if case .text(let text) = node.content {
            point.path = text
        } else {
            reader.read(node, path, into: &point, fields)
        }
        if point.name.isEmpty {
            let last = point.path.split(separator: "/").last.map(String.init) ?? ""
            point.name = last + (point.fromScratch ? "-scratch" : "")
            let kind = NodeScalar<String>.folderName
            if !point.path.isEmpty, kind.read(.text(point.name)) == nil {
                reader.fail(
                    node.location,
                    "\(path).name is missing, and the end of the path is not \(kind.expectation)")
            }
        }
        return point
    }
}

extension TaskDefinition {
    static var fields: [NodeField<Self>] {
        [
            NodeField("name", \.name, .folderName), NodeField("kind", \.kind, .choice),
            NodeField("train", \.train, .text), NodeField("evaluate", \.evaluate, .text),
            NodeField("format", \.format, orNull: .choice),
            NodeField("columns", \.columns, section: Columns.fields),
            NodeField("header", \.header, list: .text), NodeField("labels", \.labels, list: .text),
            NodeField("metric", \.metric, orNull: .choice),
            NodeField("answers", \.answers, .choice),
            NodeField("null_threshold", \.nullThreshold, .number(-1000...1000)),
            NodeField("stride", \.stride, .integer(1...65_536)),
            NodeField(
                "maximum_question_length", \.maximumQuestionLength, .integer(1...65_536)),
            NodeField("sequence_length", \.sequenceLength, orNull: .integer(8...65_536)),
            NodeField("batch_size", \.batchSize, orNull: .integer(1...1_000_000)),
            NodeField("learning_rates", \.learningRates, list: .number(1e-12...1)),
            NodeField("epochs", \.epochs, list: .integer(1...10_000)),
        ]
    }
}

extension TaskDefinition.Columns {
    static var fields: [NodeField<Self>] {
        [
            NodeField("text", \.text, .text), NodeField("pair", \.pair, orNull: .text),
            NodeField("label", \.label, .text), NodeField("choices", \.choices, list: .text),
            NodeField("word", \.word, .integer(0...999)),
            NodeField("tag", \.tag, orNull: .integer(-1000...999)),
        ]
    }
}

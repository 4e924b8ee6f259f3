import BERT
import ExitCoding

/// Rules of kinds whose examples are texts or pairs of texts.
protocol TextRules: TableRules where Examples == [SequenceExample], Request == TextRequest {
    /// Gives the loader the classes of the training data.
    func collectLabels(
        _ table: TaskTable, column: Int, for loader: inout TaskLoader
    ) throws(TaskDataError)
    /// The target of a record, from its label in `column`.
    func target(
        _ table: TaskTable, _ row: TaskTable.Row, column: Int, labels: LabelMap
    ) throws(TaskDataError) -> TaskTarget
    /// The prediction, from the outputs for the text or pair.
    func prediction(_ logits: [Float], labels: LabelMap) -> TaskPrediction
}

extension TextRules {
    var architecture: String { "BertForSequenceClassification" }

    var alwaysHasPairs: Bool { false }

    var lineForm: String { "a text, or text TAB text, or {\"text\": ..., \"pair\": ...}" }

    func learnsPairs(_ task: TaskDefinition) -> Bool? { task.columns.pair != nil }

    func read(
        _ path: String, training: Bool, with loader: inout TaskLoader, progress: () -> Void
    ) throws(TaskDataError) -> [SequenceExample] {
        let columns = loader.task.columns
        let pair = columns.pair.map { [$0] } ?? []
        let table = try loader.table(path, [columns.text, columns.label] + pair)
        if let spaced = table.firstSpacedLabel(column: 1) {
            loader.note(
                "\(path): \(counted(spaced.count, "label has", "labels have")) white "
                    + "space at the ends, which does not count, the first on line \(spaced.line)")
        }
        if training { try collectLabels(table, column: 1, for: &loader) }
        let labels = loader.labels
        return try table.examples(
            first: 0, second: pair.isEmpty ? nil : 2, encoder: loader.encoder, progress: progress
        ) { (row) throws(TaskDataError) in
            try target(table, row, column: 1, labels: labels)
        }
    }

    func request(_ tree: JSONTree) -> TextRequest? {
        guard let text = tree["text"]?.text else { return nil }
        guard let pair = tree["pair"], !pair.isNull else { return TextRequest(text, pair: nil) }
        return pair.text.map { TextRequest(text, pair: $0) }
    }

    func request(_ line: String) -> TextRequest? {
        let parts = tabbedParts(of: line)
        return parts.count <= 2 ? TextRequest(parts[0], pair: parts.dropFirst().first) : nil
    }

    func check(
        _ request: TextRequest, _ model: FineTunedModel, path: String, number: Int
    ) throws(TaskDataError) {
        guard let pairs = model.task.pairs, pairs != request.hasTwoSegments else { return }
        throw TaskDataError(
            path, line: number,
            pairs
                ? "is one text, but the model has learned from pairs: text TAB text, or "
                    + "{\"text\": ..., \"pair\": ...}"
                : "is a pair, but the model has learned from single texts; a text with a tab in "
                    + "it goes as {\"text\": ...}")
    }

    func examples(
        _ request: TextRequest, _ context: PredictionContext
    ) -> [SequenceExample] {
        [
            SequenceExample(
                input: context.encoder.encode(request.text, request.pair), target: .none)
        ]
    }

    func prediction(
        _ request: TextRequest, _ examples: [SequenceExample], _ outputs: [[Float]],
        _ context: PredictionContext
    ) -> TaskPrediction {
        prediction(outputs[0], labels: context.labels)
    }
}

/// A text or a pair to predict for.
package struct TextRequest: TaskRequest {
    let text: String
    let pair: String?

    /// Makes a request for a text, or for a pair.
    package init(_ text: String, pair: String?) {
        self.text = text
        self.pair = pair
    }

    /// Whether it is a pair.
    package var hasTwoSegments: Bool { pair != nil }
}

public import BERT

/// Rules of tagging: a class for each word, such as parts of speech or named entities.
struct Tagging: TaskRules {
    var metrics: [TaskMetric] { [.entityF1, .accuracy] }

    var architecture: String { "BertForTokenClassification" }

    var problemType: String? { nil }

    var alwaysHasPairs: Bool { false }

    func head(labels: Int) -> TaskHead { .tokens(classes: labels) }

    func fits(_ format: TaskFileFormat) -> Bool { format == .conll || format == .conllu }

    func format(of path: String) -> TaskFileFormat? {
        path.lowercased().hasSuffix(".conllu") ? .conllu : .conll
    }

    func settings(_ task: TaskDefinition) -> [String: String] {
        [
            "columns.word": "\(task.columns.word)",
            "columns.tag": task.columns.tag.map { "\($0)" } ?? "", "labels": "\(task.labels)",
        ]
    }

    func read(
        _ path: String, training: Bool, with loader: inout TaskLoader, progress: () -> Void
    ) throws(TaskDataError) -> [TaggingExample] {
        guard let format = loader.task.taggedFormat(of: path) else {
            throw loader.unknownFormat(path)
        }
        let file = try TaggedFile.read(path, format: format, limits: loader.limits)
        let sentences = file.sentences
        file.notes.forEach { loader.note($0) }
        if training { try collectLabels(sentences, path, for: &loader) }
        let (labels, encoder) = (loader.labels, loader.encoder)
        let examples = sentences.map { sentence in
            progress()
            return TaggingExample(sentence, map: labels, encoder: encoder)
        }
        let missing = examples.reduce(0) { $0 + $1.missingWords }
        if missing > 0 {
            let words = examples.reduce(0) { $0 + $1.tags.count }
            loader.note(
                "\(path): \(missing) of \(words) words have no token within "
                    + "\(encoder.maximumLength) and count as \(TaggingExample.outside)")
        }
        if !training { noteUnknownTags(sentences, path, &loader) }
        return examples
    }

    private func collectLabels(
        _ sentences: [TaggedSentence], _ path: String, for loader: inout TaskLoader
    ) throws(TaskDataError) {
        if let listed = loader.listedLabels {
            for sentence in sentences {
                for tag in sentence.tags where listed.id(of: tag) == nil {
                    throw TaskDataError(
                        path, line: sentence.line,
                        "a word of this sentence has the tag \(visible(tag)), which is not listed "
                            + "under labels")
                }
            }
        }
        try loader.setLabels(LabelMap(collecting: sentences.lazy.flatMap(\.tags)), path)
    }

    /// Adds a note on tags that cannot be predicted because they were not trained on.
    private func noteUnknownTags(
        _ sentences: [TaggedSentence], _ path: String, _ loader: inout TaskLoader
    ) {
        var count = 0
        var unknown: Set<String> = []
        for tag in sentences.lazy.flatMap(\.tags) where loader.labels.id(of: tag) == nil {
            count += 1
            if unknown.count < 5 { unknown.insert(tag) }
        }
        guard count > 0 else { return }
        let words = sentences.reduce(0) { $0 + $1.tags.count }
        let names = unknown.sorted().map { visible($0) }.joined(separator: ", ")
        loader.note(
            "\(path): \(count) of \(words) words have a tag that was not trained on, and cannot be "
                + "predicted (\(names))")
    }

    func baseline(
        _ task: TaskDefinition, train: [TaggingExample], evaluate: [TaggingExample],
        labels: LabelMap
    ) -> TaskScores? {
        let tag = mostFrequent(train.lazy.flatMap(\.tags)) ?? ""
        return .tagging(
            EntityScores(
                gold: evaluate.map(\.tags),
                predicted: evaluate.map { [String](repeating: tag, count: $0.tags.count) }))
    }

    /// The class of each token.
    func condensed(_ logits: [Float], classes: Int) -> [Float] {
        stride(from: 0, to: logits.count, by: classes).map {
            Float(largest(logits[$0..<$0 + classes]))
        }
    }

    func scores(
        _ task: TaskDefinition, _ examples: [TaggingExample], labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        let predicted = zip(examples, outputs).map { example, classes in
            example.predictedTags(classes.map { Int($0) }, map: labels)
        }
        return .tagging(EntityScores(gold: examples.map(\.tags), predicted: predicted))
    }

    var lineForm: String { "words divided by spaces, or {\"words\": [...]}" }

    func accepts(_ task: FineTunedTask) -> Bool { !task.labels.isEmpty }

    func request(_ tree: JSONTree) -> WordsRequest? {
        if let words = tree["words"]?.texts { return words.isEmpty ? nil : WordsRequest(words) }
        return tree["text"]?.text.flatMap { request($0) }
    }

    func request(_ line: String) -> WordsRequest? {
        let words = PythonText.split(line.unicodeScalars).map { String(scalars: $0) }
        return words.isEmpty ? nil : WordsRequest(words)
    }

    func examples(_ request: WordsRequest, _ context: PredictionContext) -> [TaggingExample] {
        let tags = [String](repeating: TaggingExample.outside, count: request.words.count)
        return [
            TaggingExample(
                TaggedSentence(words: request.words, tags: tags, line: 0), map: context.labels,
                encoder: context.encoder)
        ]
    }

    private struct Answer: Encodable {
        /// Words of the sentence.
        let words: [String]
        /// Tag of each word.
        let tags: [String]
    }

    func prediction(
        _ request: WordsRequest, _ examples: [TaggingExample], _ outputs: [[Float]],
        _ context: PredictionContext
    ) -> TaskPrediction {
        let classes = outputs[0].map { Int($0) }
        return TaskPrediction(
            Answer(
                words: request.words,
                tags: examples[0].predictedTags(classes, map: context.labels)))
    }
}

/// A tagged sentence as an input with a label per token.
///
/// Words are split into pieces one by one. The first piece of a word carries its tag; all other
/// tokens are labelled `LabelMap.ignored` (Hugging Face's `label_all_tokens` = false). A word
/// without a token (cut off at the maximum length, or consisting of characters that the tokenizer
/// removes) is predicted as `O` and scored like any other.
public struct TaggingExample: Equatable, Sendable {
    /// The input.
    public let input: EncodedText
    /// Label of each token; `LabelMap.ignored` if it has no tag, or a tag that was not trained on.
    public let labels: [Int32]
    /// Index of the first token of each word; nil if the word has no token.
    public let places: [Int?]
    /// Tag of each word, for scoring.
    public let tags: [String]

    /// Tag predicted for words without a token.
    public static let outside = "O"

    /// Number of words without a token.
    public var missingWords: Int { places.count { $0 == nil } }

    /// Encodes a sentence; `map` contains the tags trained on.
    public init(_ sentence: TaggedSentence, map: LabelMap, encoder: InputEncoder) {
        let room = encoder.maximumLength - 2
        var ids: [Int32] = []
        var labels: [Int32] = [LabelMap.ignored]
        var places: [Int?] = []
        for (word, tag) in zip(sentence.words, sentence.tags) {
            // Once a word does not fit, no later word gets a token.
            let pieces = ids.count < room ? encoder.ids(word) : []
            places.append(pieces.isEmpty ? nil : ids.count + 1)
            for (index, piece) in pieces.prefix(room - ids.count).enumerated() {
                ids.append(piece)
                let label = index == 0 ? map.id(of: tag).map { Int32($0) } : nil
                labels.append(label ?? LabelMap.ignored)
            }
        }
        labels.append(LabelMap.ignored)
        input = encoder.joined(ids[...], nil)
        self.labels = labels
        self.places = places
        tags = sentence.tags
    }

    /// The predicted tag of each word.
    ///
    /// - Parameter predicted: the class of each token of the input; padding at the end is ignored.
    public func predictedTags(_ predicted: [Int], map: LabelMap) -> [String] {
        places.map { $0.map { map.names[predicted[$0]] } ?? Self.outside }
    }
}

extension TaggingExample: EncodedExample {
    /// The sentence.
    public var inputs: [EncodedText] { [input] }

    /// The class of each token.
    public var target: TaskTarget { .tokens(labels) }
}

/// The words of a sentence to tag.
package struct WordsRequest: TaskRequest {
    let words: [String]

    /// Makes a request for a sentence.
    package init(_ words: [String]) { self.words = words }

    /// False, because a sentence is one text.
    package var hasTwoSegments: Bool { false }
}

extension TaskDefinition {
    /// Word and tag columns; nil for files of other formats.
    public func taggedFormat(of path: String) -> TaggedFormat? {
        switch format(of: path) {
        case .conll: .conll(word: columns.word, tag: columns.tag ?? -1)
        case .conllu: .conllu(tag: columns.tag ?? 3)
        case .tsv, .csv, .jsonLines, .squad, nil: nil
        }
    }
}

extension TaskScores {
    /// Scores of tagged sentences.
    public static func tagging(_ scores: EntityScores) -> TaskScores {
        TaskScores([(.entityF1, scores.overall.f1), (.accuracy, scores.accuracy)])
    }
}

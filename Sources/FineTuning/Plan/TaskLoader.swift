import ExitCoding

/// Reads the files of a task, the training data first because it determines the classes.
struct TaskLoader {
    private let task: TaskDefinition
    private let encoder: InputEncoder
    private let limits: TaskFileLimits
    /// Classes, set once the training data has been read.
    private(set) var labels = LabelMap(collecting: EmptyCollection())
    /// Notes for the user, without duplicates.
    private(set) var notes: [String] = []

    init(_ task: TaskDefinition, encoder: InputEncoder, limits: TaskFileLimits) {
        self.task = task
        self.encoder = encoder
        self.limits = limits
    }

    /// Loads the examples of a file. `progress` is called before each.
    mutating func load(
        _ path: String, training: Bool, progress: () -> Void
    ) throws(TaskDataError) -> TaskExamples {
        switch task.kind {
        case .questionAnswering:
            return try questions(path, training: training, progress: progress)
        case .tagging:
            return .tagging(try tagging(path, training: training, progress: progress))
        case .multipleChoice: return .choices(try choices(path, progress: progress))
        case .classification, .multiLabel, .regression:
            return .sequences(try sequences(path, training: training, progress: progress))
        }
    }

    private mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    private func table(_ path: String, _ columns: [String]) throws(TaskDataError) -> TaskTable {
        guard let format = task.format(of: path)?.table else {
            throw TaskDataError(path, "the name does not tell the format; set format")
        }
        return try TaskTable.read(
            path, format: format, columns: columns,
            header: task.header.isEmpty ? nil : task.header, limits: limits)
    }

    private mutating func sequences(
        _ path: String, training: Bool, progress: () -> Void
    ) throws(TaskDataError) -> [SequenceExample] {
        let columns = task.columns
        let pair = columns.pair.map { [$0] } ?? []
        let table = try table(path, [columns.text, columns.label] + pair)
        let places = SequenceColumns(first: 0, second: pair.isEmpty ? nil : 2, label: 1)
        if let spaced = table.firstSpacedLabel(column: 1) {
            note(
                "\(path): \(counted(spaced.count, "label has", "labels have")) white "
                    + "space at the ends, which does not count, the first on line \(spaced.line)")
        }
        if task.kind == .regression {
            return try table.examples(
                places, target: .score, encoder: encoder, progress: progress)
        }
        let isMultiple = task.kind == .multiLabel
        if training {
            try setLabels(
                try table.labels(column: 1, multiple: isMultiple, listed: listedLabels), path)
        }
        return try table.examples(
            places, target: isMultiple ? .categories(labels) : .category(labels),
            encoder: encoder, progress: progress)
    }

    /// Classes listed in the configuration; nil if they are taken from the training data.
    private var listedLabels: LabelMap? { task.labels.isEmpty ? nil : LabelMap(names: task.labels) }

    /// Sets the classes: those of the configuration, which must include the training data's, or
    /// else those of the training data.
    private mutating func setLabels(
        _ found: LabelMap, _ path: String
    ) throws(TaskDataError) {
        guard let listed = listedLabels else {
            if let (first, second) = found.lookAlikes {
                throw TaskDataError(
                    path,
                    "the labels \"\(visible(first))\" and \"\(visible(second))\" look alike, but have "
                        + "different code points (white space, or composed and decomposed accents): "
                        + "write them alike, in one Unicode normalization form, such as NFC")
            }
            guard (1...ConfusionMatrix.maximumClasses).contains(found.count) else {
                throw TaskDataError(
                    path, "\(found.count) different labels; is this the right column?")
            }
            guard found.count > 1 || task.kind != .classification else {
                throw TaskDataError(
                    path,
                    "every record has the label \(visible(found.names[0])): there is nothing to "
                        + "learn; is this the right column?")
            }
            labels = found
            return
        }
        labels = listed
    }

    private func choices(
        _ path: String, progress: () -> Void
    ) throws(TaskDataError) -> [ChoiceExample] {
        let columns = task.columns
        let table = try table(path, [columns.text, columns.label] + columns.choices)
        return try table.choiceExamples(
            prompt: 0, choices: Array(columns.choices.indices.map { $0 + 2 }), label: 1,
            encoder: encoder, progress: progress)
    }

    private mutating func tagging(
        _ path: String, training: Bool, progress: () -> Void
    ) throws(TaskDataError) -> [TaggingExample] {
        guard let format = task.taggedFormat(of: path) else {
            throw TaskDataError(path, "the name does not tell the format; set format")
        }
        let file = try TaggedFile.read(path, format: format, limits: limits)
        let sentences = file.sentences
        file.notes.forEach { note($0) }
        if training {
            if let listed = listedLabels {
                for sentence in sentences {
                    for tag in sentence.tags where listed.id(of: tag) == nil {
                        throw TaskDataError(
                            path, line: sentence.line,
                            "a word of this sentence has the tag \(visible(tag)), which is not listed "
                                + "under labels")
                    }
                }
            }
            try setLabels(LabelMap(collecting: sentences.lazy.flatMap(\.tags)), path)
        }
        let examples = sentences.map { sentence in
            progress()
            return TaggingExample(sentence, map: labels, encoder: encoder)
        }
        let missing = examples.reduce(0) { $0 + $1.missingWords }
        if missing > 0 {
            let words = examples.reduce(0) { $0 + $1.tags.count }
            note(
                "\(path): \(missing) of \(words) words have no token within "
                    + "\(encoder.maximumLength) and count as \(TaggingExample.outside)")
        }
        if !training { noteUnknownTags(sentences, path) }
        return examples
    }

    /// Adds a note on tags that cannot be predicted because they were not trained on.
    private mutating func noteUnknownTags(_ sentences: [TaggedSentence], _ path: String) {
        var count = 0
        var unknown: Set<String> = []
        for tag in sentences.lazy.flatMap(\.tags) where labels.id(of: tag) == nil {
            count += 1
            if unknown.count < 5 { unknown.insert(tag) }
        }
        guard count > 0 else { return }
        let words = sentences.reduce(0) { $0 + $1.tags.count }
        let names = unknown.sorted().map { visible($0) }.joined(separator: ", ")
        note(
            "\(path): \(count) of \(words) words have a tag that was not trained on, and cannot be "
                + "predicted (\(names))")
    }

    private mutating func questions(
        _ path: String, training: Bool, progress: () -> Void
    ) throws(TaskDataError) -> TaskExamples {
        let file = try QuestionFile.read(
            path, mayLackAnswers: task.answers == .squad2, limits: limits)
        guard training || file.questions.contains(where: { $0.isImpossible || !$0.answers.isEmpty })
        else { throw TaskDataError(path, "no question has an answer: there is nothing to score") }
        let features = try QuestionFeatures(
            file, tokenizer: encoder.tokenizer,
            settings: task.windowSettings(maximumLength: encoder.maximumLength),
            training: training, limits: limits, progress: progress)
        if !features.skipped.isEmpty {
            note(
                "\(path): \(features.skipped.count) of \(file.questions.count) questions are left "
                    + "out, for example \(visible(features.skipped[0].id)): "
                    + features.skipped[0].reason)
        }
        file.contradictions.forEach { note("\(path): \($0)") }
        if file.hasImpossibleQuestions, task.answers != .squad2 {
            note(
                "\(path): some questions have no answer, but answers: \(task.answers.rawValue) always "
                    + "gives one; answers: squad2 does not")
        }
        return .questions(features, file)
    }
}

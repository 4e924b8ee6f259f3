/// Baseline scores, which a model must beat.
extension TaskData {
    /// Scores the most frequent answer of the training data on the evaluation data. That is the
    /// largest class, every class that most examples have, the mean, the most frequent tag of a
    /// word, or the most frequent index of a choice. For questions that may have no answer it is
    /// "no answer".
    ///
    /// - Returns: nil for questions that always have an answer, because no text is frequent among
    ///   answers.
    public func baseline(_ task: TaskDefinition) -> TaskScores? {
        switch (train, evaluate) {
        case (.sequences(let train), .sequences(let evaluate)): sequences(train, evaluate)
        case (.choices(let train), .choices(let evaluate)):
            choices(Self.mostFrequent(train.lazy.compactMap(\.label)), evaluate)
        case (.tagging(let train), .tagging(let evaluate)):
            tagging(Self.mostFrequent(train.lazy.flatMap(\.tags)) ?? "", evaluate)
        case (.questions, .questions(_, let file)):
            task.answers == .squad2
                ? TaskScores.questionAnswering(
                    file.questions.map { task.answers.score("", golds: $0.answers.map(\.text)) })
                : nil
        default: preconditionFailure("both files are of one kind")
        }
    }

    private func sequences(
        _ train: [SequenceExample], _ evaluate: [SequenceExample]
    ) -> TaskScores {
        switch train.first?.label {
        case .score:
            let mean = train.reduce(0) { $0 + $1.score } / Double(train.count)
            return .regression(
                gold: evaluate.map(\.score), predicted: evaluate.map { _ in mean })
        case .categories:
            var counts = [Int](repeating: 0, count: labels.count)
            for example in train { for id in example.categories { counts[id] += 1 } }
            let frequent = counts.indices.filter { 2 * counts[$0] > train.count }
            return .multiLabel(
                MultiLabelScores(
                    gold: evaluate.map(\.categories), predicted: evaluate.map { _ in frequent },
                    classes: labels.count))
        case .category, nil:
            let largest = Self.mostFrequent(train.lazy.flatMap(\.categories)) ?? 0
            return .classification(
                ConfusionMatrix(
                    gold: evaluate.flatMap(\.categories), predicted: evaluate.map { _ in largest },
                    classes: labels.count))
        }
    }

    private func choices(_ place: Int?, _ evaluate: [ChoiceExample]) -> TaskScores {
        .multipleChoice(correct: evaluate.count { $0.label == place }, of: evaluate.count)
    }

    private func tagging(_ tag: String, _ evaluate: [TaggingExample]) -> TaskScores {
        .tagging(
            EntityScores(
                gold: evaluate.map(\.tags),
                predicted: evaluate.map { [String](repeating: tag, count: $0.tags.count) }))
    }

    /// The most frequent value; the smallest on a tie.
    private static func mostFrequent<Value: Hashable & Comparable>(
        _ values: some Sequence<Value>
    ) -> Value? {
        var counts: [Value: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.max { a, b in a.value != b.value ? a.value < b.value : a.key > b.key }?.key
    }
}

extension SequenceExample {
    /// Target of a regression.
    fileprivate var score: Double { if case .score(let value) = label { value } else { 0 } }

    /// Classes: one, or any number.
    fileprivate var categories: [Int] {
        switch label {
        case .category(let id): [id]
        case .categories(let ids): ids
        case .score, nil: []
        }
    }
}

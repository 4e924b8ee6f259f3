import BERT

/// Index of the first maximum.
func largest(_ values: some RandomAccessCollection<Float>) -> Int {
    var best = values.startIndex
    for index in values.indices where values[index] > values[best] { best = index }
    return values.distance(from: values.startIndex, to: best)
}

extension TaskKind {
    /// Reduces a model's outputs for one input to what scoring needs: the class of each token for
    /// tagging, otherwise all logits.
    public func condensed(_ logits: [Float], classes: Int) -> [Float] {
        guard self == .tagging else { return logits }
        return stride(from: 0, to: logits.count, by: classes).map {
            Float(largest(logits[$0..<$0 + classes]))
        }
    }
}

extension TaskScores {
    /// Official scores of a model on the examples of a task.
    ///
    /// - Parameters:
    ///   - examples: labelled examples.
    ///   - labels: the classes.
    ///   - outputs: `TaskKind.condensed` output of each input, in order.
    ///   - progress: called before each question's answer search, which takes longer than other
    ///     scoring.
    public static func scores(
        _ task: TaskDefinition, _ examples: TaskExamples, labels: LabelMap, outputs: [[Float]],
        progress: () -> Void = {}
    ) -> TaskScores {
        precondition(outputs.count == examples.inputCount, "outputs for each input")
        switch examples {
        case .sequences(let examples): return sequences(examples, labels, outputs)
        case .choices(let examples): return choices(examples, outputs)
        case .tagging(let examples):
            let predicted = zip(examples, outputs).map { example, classes in
                example.predictedTags(classes.map { Int($0) }, map: labels)
            }
            return .tagging(EntityScores(gold: examples.map(\.tags), predicted: predicted))
        case .questions(let features, let file):
            return questions(task, features, file, outputs, progress)
        }
    }

    private static func sequences(
        _ examples: [SequenceExample], _ labels: LabelMap, _ outputs: [[Float]]
    ) -> TaskScores {
        switch examples.first?.label {
        case .score:
            let gold = examples.map { if case .score(let value) = $0.label { value } else { 0.0 } }
            return .regression(gold: gold, predicted: outputs.map { Double($0[0]) })
        case .categories:
            let gold = examples.map {
                if case .categories(let ids) = $0.label { ids } else { [Int]() }
            }
            let predicted = outputs.map { logits in logits.indices.filter { logits[$0] > 0 } }
            return .multiLabel(
                MultiLabelScores(gold: gold, predicted: predicted, classes: labels.count))
        case .category, nil:
            var matrix = ConfusionMatrix(classes: labels.count)
            for (example, logits) in zip(examples, outputs) {
                guard case .category(let id) = example.label else { continue }
                matrix.add(gold: id, predicted: largest(logits))
            }
            return .classification(matrix)
        }
    }

    private static func choices(_ examples: [ChoiceExample], _ outputs: [[Float]]) -> TaskScores {
        var first = 0
        var correct = 0
        for example in examples {
            let scores = outputs[first..<first + example.inputs.count].map { $0[0] }
            if largest(scores) == example.label { correct += 1 }
            first += example.inputs.count
        }
        return .multipleChoice(correct: correct, of: examples.count)
    }

    private static func questions(
        _ task: TaskDefinition, _ features: QuestionFeatures, _ file: QuestionFile,
        _ outputs: [[Float]], _ progress: () -> Void
    ) -> TaskScores {
        let scores = file.questions.indices.map { question in
            progress()
            let logits = features.windowsOfQuestion[question].map { SpanLogits(outputs[$0]) }
            // A context without words has no windows.
            let answer =
                logits.isEmpty
                ? ""
                : features.predict(
                    question: question, logits: logits, settings: task.answerSettings
                ).text
            return task.answers.score(
                answer, golds: file.questions[question].answers.map(\.text))
        }
        return .questionAnswering(scores)
    }
}

extension SpanLogits {
    /// Splits pairs of start and end scores, one pair per token.
    init(_ pairs: [Float]) {
        self.init(
            start: stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] },
            end: stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] })
    }
}

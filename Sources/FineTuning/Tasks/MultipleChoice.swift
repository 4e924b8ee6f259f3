public import BERT
import Formats

/// Rules of multiple choice: one of several continuations of a prompt.
struct MultipleChoice: TableRules {
    var metrics: [TaskMetric] { [.accuracy] }

    var architecture: String { "BertForMultipleChoice" }

    var problemType: String? { nil }

    var alwaysHasPairs: Bool { true }

    func head(labels: Int) -> TaskHead { .choice }

    func problems(
        _ task: TaskDefinition, _ path: String, sequenceLength: Int
    ) -> [Inconsistency] {
        task.columns.choices.isEmpty
            ? [task.problem(path, "columns.choices", "kind", text: " is missing")] : []
    }

    func read(
        _ path: String, training: Bool, with loader: inout TaskLoader, progress: () -> Void
    ) throws(TaskDataError) -> [ChoiceExample] {
        let columns = loader.task.columns
        let table = try loader.table(path, [columns.text, columns.label] + columns.choices)
        return try table.choiceExamples(
            prompt: 0, choices: Array(columns.choices.indices.map { $0 + 2 }), label: 1,
            encoder: loader.encoder, progress: progress)
    }

    func baseline(
        _ task: TaskDefinition, train: [ChoiceExample], evaluate: [ChoiceExample],
        labels: LabelMap
    ) -> TaskScores? {
        let place = mostFrequent(train.lazy.compactMap(\.label))
        return .multipleChoice(
            correct: evaluate.count { $0.label == place }, of: evaluate.count)
    }

    func scores(
        _ task: TaskDefinition, _ examples: [ChoiceExample], labels: LabelMap,
        outputs: [[Float]], progress: () -> Void
    ) -> TaskScores {
        var first = 0
        var correct = 0
        for example in examples {
            let scores = outputs[first..<first + example.inputs.count].map { $0[0] }
            if largest(scores) == example.label { correct += 1 }
            first += example.inputs.count
        }
        return .multipleChoice(correct: correct, of: examples.count)
    }

    var lineForm: String {
        "prompt TAB choice TAB choice ..., or {\"prompt\": ..., \"choices\": [...]}"
    }

    func accepts(_ task: FineTunedTask) -> Bool { true }

    func request(_ tree: JSONTree) -> ChoiceRequest? {
        guard let prompt = tree["prompt"]?.text, let choices = tree["choices"]?.texts,
            choices.count > 1
        else { return nil }
        return ChoiceRequest(prompt: prompt, choices)
    }

    func request(_ line: String) -> ChoiceRequest? {
        let parts = tabbedParts(of: line)
        return parts.count > 2
            ? ChoiceRequest(prompt: parts[0], Array(parts.dropFirst())) : nil
    }

    func examples(_ request: ChoiceRequest, _ context: PredictionContext) -> [ChoiceExample] {
        [
            ChoiceExample(
                inputs: request.choices.map { context.encoder.encode(request.prompt, $0) },
                label: nil)
        ]
    }

    private struct Answer: Encodable {
        /// Index of the best choice, from 0.
        let choice: Int
        let probability: Double
        /// Probability of each choice.
        let choiceProbabilities: [Double]
    }

    func prediction(
        _ request: ChoiceRequest, _ examples: [ChoiceExample], _ outputs: [[Float]],
        _ context: PredictionContext
    ) -> TaskPrediction {
        let scores = outputs.map { $0[0] }
        let probabilities = softmax(scores.map { Double($0) })
        let best = largest(scores)
        return TaskPrediction(
            Answer(
                choice: best, probability: probabilities[best],
                choiceProbabilities: probabilities))
    }
}

/// A prompt with several continuations, one of which is correct.
public struct ChoiceExample: Equatable, Sendable {
    /// `[CLS] prompt [SEP] choice [SEP]`, one input per choice.
    public let inputs: [EncodedText]
    /// Index of the correct choice, from 0; nil for data to predict.
    public let label: Int?
}

extension ChoiceExample: EncodedExample {
    /// The correct choice, if known.
    public var target: TaskTarget { label.map { .category($0) } ?? .none }
}

/// A prompt with continuations to choose from.
package struct ChoiceRequest: TaskRequest {
    let prompt: String
    let choices: [String]

    /// Makes a request to choose from `choices`.
    package init(prompt: String, _ choices: [String]) {
        self.prompt = prompt
        self.choices = choices
    }

    /// True, because every choice is paired with the prompt.
    package var hasTwoSegments: Bool { true }
}

extension TaskScores {
    /// Scores of choices.
    public static func multipleChoice(correct: Int, of count: Int) -> TaskScores {
        TaskScores([(.accuracy, ratio(correct, count))])
    }
}

extension TaskTable {
    /// Maximum number of choices per example, because all of them are in memory at once.
    public static let maximumChoices = 1000

    /// The records as multiple-choice examples. As in Hugging Face's `BertForMultipleChoice`, every
    /// choice is paired with the prompt, and one softmax scores all of them.
    ///
    /// - Parameters:
    ///   - prompt: index of the prompt's column.
    ///   - choices: indices of the choices' columns, or one index of a column of lists.
    ///   - label: index of the column with the number of the correct choice, from 0.
    ///   - progress: called before each record.
    /// - Throws: `TaskDataError` if a record has fewer than two choices or more than
    ///   `maximumChoices`, or if its label is out of range.
    public func choiceExamples(
        prompt: Int, choices: [Int], label: Int?, encoder: InputEncoder,
        progress: () -> Void = {}
    ) throws(TaskDataError) -> [ChoiceExample] {
        var examples: [ChoiceExample] = []
        for row in rows {
            progress()
            let prompt = try text(row, prompt)
            var texts: [String] = []
            if choices.count == 1 {
                texts = try list(row, choices[0])
            } else {
                for place in choices { texts.append(try text(row, place)) }
            }
            guard (2...Self.maximumChoices).contains(texts.count) else {
                throw TaskDataError(
                    path, line: row.line,
                    "\(texts.count) choices; there must be 2 to \(Self.maximumChoices)")
            }
            let inputs = texts.map { encoder.encode(prompt, $0) }
            let answer = try label.map { (place) throws(TaskDataError) in
                try choice(row, place, of: texts.count)
            }
            examples.append(ChoiceExample(inputs: inputs, label: answer))
        }
        return examples
    }

    private func choice(
        _ row: Row, _ column: Int, of count: Int
    ) throws(TaskDataError) -> Int {
        let label = try self.label(row, column)
        guard let choice = Int(label), (0..<count).contains(choice) else {
            throw TaskDataError(
                path, line: row.line,
                "the label must be the number of a choice, 0 to \(count - 1), "
                    + "found \(visible(label))")
        }
        return choice
    }
}

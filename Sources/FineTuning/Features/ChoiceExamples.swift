/// A prompt with several continuations, one of which is correct.
public struct ChoiceExample: Equatable, Sendable {
    /// `[CLS] prompt [SEP] choice [SEP]`, one input per choice.
    public let inputs: [EncodedText]
    /// Index of the correct choice, from 0; nil for data to predict.
    public let label: Int?
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

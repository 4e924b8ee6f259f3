/// A prompt with several ways to go on, of which one is right.
public struct ChoiceExample: Equatable, Sendable {
    /// `[CLS] prompt [SEP] choice [SEP]`, one for each choice.
    public let inputs: [EncodedText]
    /// The right choice, from 0; nil for data to predict.
    public let label: Int?
}

extension TaskTable {
    /// The most choices of an example: all of them are in memory together.
    public static let maximumChoices = 1000

    /// The records as multiple-choice examples (Hugging Face's `BertForMultipleChoice`: every choice
    /// is a pair with the prompt, and all are scored by one softmax).
    ///
    /// - Parameters:
    ///   - prompt: the place of the prompt's column.
    ///   - choices: the places of the columns of the choices; or one place, of a list.
    ///   - label: the place of the column with the number of the right choice, from 0.
    ///   - progress: called before each record.
    /// - Throws: `TaskDataError` where a record has fewer than two choices or more than
    ///   `maximumChoices`, or its label names none.
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

public import BERT

/// A text or pair of texts with its target.
public struct SequenceExample: Equatable, Sendable {
    /// The input.
    public let input: EncodedText
    /// Target; `.none` for data to predict.
    public let target: TaskTarget
}

extension SequenceExample: EncodedExample {
    /// The text or pair.
    public var inputs: [EncodedText] { [input] }
}

extension TaskTable {
    /// The distinct labels of a column, for the `LabelMap` of the training data.
    ///
    /// - Parameter listed: allowed labels; nil for any.
    /// - Throws: `TaskDataError` if a record has no label, or one that is not listed.
    public func labels(
        column: Int, multiple: Bool = false, listed: LabelMap? = nil
    ) throws(TaskDataError) -> LabelMap {
        var names: Set<[UInt8]> = []
        for row in rows {
            for name in try multiple ? labels(row, column) : [label(row, column)] {
                guard !name.isEmpty else {
                    throw TaskDataError(path, line: row.line, "the label is empty")
                }
                guard listed.map({ $0.id(of: name) != nil }) ?? true else {
                    throw TaskDataError(
                        path, line: row.line, "label \(visible(name)) is not listed under labels")
                }
                names.insert(Array(name.utf8))
                guard names.count <= ConfusionMatrix.maximumClasses else {
                    throw TaskDataError(
                        path, line: row.line,
                        "more than \(ConfusionMatrix.maximumClasses) different labels in \(visible(columns[column])); "
                            + "is this the right column?")
                }
            }
        }
        return LabelMap(collecting: names.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Encodes the records as inputs with targets; `progress` is called before each.
    ///
    /// - Parameters:
    ///   - first: index in `columns` of the text, or of the first text of a pair.
    ///   - second: index of the second text of a pair.
    ///   - target: the target of a record.
    /// - Throws: `TaskDataError` with file and line if a text is missing, and the errors of
    ///   `target`.
    package func examples(
        first: Int, second: Int? = nil, encoder: InputEncoder, progress: () -> Void = {},
        target: (Row) throws(TaskDataError) -> TaskTarget
    ) throws(TaskDataError) -> [SequenceExample] {
        var examples: [SequenceExample] = []
        examples.reserveCapacity(rows.count)
        for row in rows {
            progress()
            let text = try text(row, first)
            let pair: String?
            if let second { pair = try self.text(row, second) } else { pair = nil }
            examples.append(
                SequenceExample(input: encoder.encode(text, pair), target: try target(row)))
        }
        return examples
    }

    /// The id of a class.
    ///
    /// - Throws: `TaskDataError` if `map` does not have it.
    func id(_ name: String, _ map: LabelMap, _ row: Row) throws(TaskDataError) -> Int {
        guard let id = map.id(of: name) else {
            let known = map.names.prefix(20).map { visible($0) }.joined(separator: ", ")
            throw TaskDataError(
                path, line: row.line,
                "label \(visible(name)) is not one of those trained on (\(known))")
        }
        return id
    }
}

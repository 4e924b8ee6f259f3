/// The target of a text or pair.
public enum SequenceLabel: Equatable, Sendable {
    /// One class.
    case category(Int)
    /// Any number of classes (multi-label), in ascending order.
    case categories([Int])
    /// A number (regression).
    case score(Double)
}

/// Type of a record's label.
public enum SequenceTarget: Equatable, Sendable {
    /// A class name.
    case category(LabelMap)
    /// A list of class names, as returned by `TaskTable.labels`.
    case categories(LabelMap)
    /// A number.
    case score
    /// No label: data to predict.
    case none
}

/// A text or pair of texts with its label.
public struct SequenceExample: Equatable, Sendable {
    /// The input.
    public let input: EncodedText
    /// Label; nil for data to predict.
    public let label: SequenceLabel?
}

/// Columns of a table by role, as indices into `TaskTable.columns`.
public struct SequenceColumns: Equatable, Sendable {
    /// The text, or the first text of the pair.
    public let first: Int
    /// The second text of the pair.
    public let second: Int?
    /// The label.
    public let label: Int?

    /// Makes columns from indices into `TaskTable.columns`.
    public init(first: Int, second: Int? = nil, label: Int? = nil) {
        self.first = first
        self.second = second
        self.label = label
    }
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

    /// Encodes the records as inputs with labels; `progress` is called before each.
    ///
    /// - Throws: `TaskDataError` with file and line if a text is missing or a label is unknown.
    public func examples(
        _ places: SequenceColumns, target: SequenceTarget, encoder: InputEncoder,
        progress: () -> Void = {}
    ) throws(TaskDataError) -> [SequenceExample] {
        var examples: [SequenceExample] = []
        examples.reserveCapacity(rows.count)
        for row in rows {
            progress()
            let first = try text(row, places.first)
            let second: String?
            if let place = places.second { second = try text(row, place) } else { second = nil }
            let label: SequenceLabel?
            if let place = places.label {
                label = try self.label(row, place, target)
            } else {
                label = nil
            }
            examples.append(SequenceExample(input: encoder.encode(first, second), label: label))
        }
        return examples
    }

    private func label(
        _ row: Row, _ column: Int, _ target: SequenceTarget
    ) throws(TaskDataError) -> SequenceLabel? {
        switch target {
        case .none: return nil
        case .category(let map):
            return .category(try id(try self.label(row, column), map, row))
        case .categories(let map):
            var ids: Set<Int> = []
            for name in try labels(row, column) { ids.insert(try id(name, map, row)) }
            return .categories(ids.sorted())
        case .score:
            let text = try self.label(row, column)
            guard let score = Self.score(text) else {
                throw TaskDataError(
                    path, line: row.line,
                    "the label must be a decimal number from -1e18 to 1e18, found \(visible(text))")
            }
            return .score(score)
        }
    }

    /// Parses a number; nil if the text is not a number, or if its square, which the loss contains,
    /// would not be finite in 32 bits. Hexadecimal numbers, which Swift accepts, are rejected.
    private static func score(_ text: String) -> Double? {
        guard text.allSatisfy("0123456789+-.eE".contains), let score = Double(text),
            abs(score) <= 1e18
        else { return nil }
        return score
    }

    private func id(_ name: String, _ map: LabelMap, _ row: Row) throws(TaskDataError) -> Int {
        guard let id = map.id(of: name) else {
            let known = map.names.prefix(20).map { visible($0) }.joined(separator: ", ")
            throw TaskDataError(
                path, line: row.line,
                "label \(visible(name)) is not one of those trained on (\(known))")
        }
        return id
    }
}

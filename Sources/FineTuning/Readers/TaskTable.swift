/// One value of a record.
public enum TaskValue: Equatable, Sendable {
    /// Text; numbers, true and false as written.
    case text(String)
    /// A list of texts, from JSON lines.
    case list([String])
}

/// Format of a file of records.
public enum TaskTableFormat: String, CaseIterable, Sendable {
    /// Tab-separated columns. Every byte is literal, including quotation marks, because GLUE's
    /// files are written this way and IANA's text/tab-separated-values has no quoting.
    case tsv
    /// RFC 4180: comma-separated columns; a field in double quotes may contain commas, line ends,
    /// and doubled double quotes.
    case csv
    /// One JSON object per line.
    case jsonLines = "jsonl"

    /// The format implied by a file name's extension.
    public init?(path: String) {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        switch path[path.index(after: dot)...].lowercased() {
        case "tsv", "tab": self = .tsv
        case "csv": self = .csv
        case "jsonl", "ndjson": self = .jsonLines
        default: return nil
        }
    }
}

/// Records with named columns: the requested contents of a TSV, CSV or JSON-lines file.
public struct TaskTable: Equatable, Sendable {
    /// One record.
    public struct Row: Equatable, Sendable {
        /// Line of the file at which it begins, from 1.
        public let line: Int
        /// Values of `columns`, in their order; nil if a JSON object lacks the key or has null.
        public let values: [TaskValue?]
    }

    /// Path of the file.
    public let path: String
    /// Requested columns.
    public let columns: [String]
    /// Records in the order of the file.
    public let rows: [Row]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - columns: names of the columns to keep. White space at the ends of names is ignored, also
    ///     in the file.
    ///   - header: names of all columns, if the first row does not contain them; not for JSON.
    /// - Throws: `TaskDataError` with file and line.
    public static func read(
        _ path: String, format: TaskTableFormat, columns: [String], header: [String]? = nil,
        limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> TaskTable {
        try parse(
            try TaskText(path: path, limits: limits), format: format, columns: columns,
            header: header)
    }

    /// Parses the bytes of a file; `path` is its name in errors. See `read`.
    public static func parse(
        _ bytes: [UInt8], path: String, format: TaskTableFormat, columns: [String],
        header: [String]? = nil, limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> TaskTable {
        try parse(
            try TaskText(bytes, path: path, limits: limits), format: format, columns: columns,
            header: header)
    }

    private static func parse(
        _ text: TaskText, format: TaskTableFormat, columns: [String], header: [String]?
    ) throws(TaskDataError) -> TaskTable {
        let rows: [Row]
        let columns = columns.map(PythonText.trimmed)
        switch format {
        case .tsv, .csv:
            var reader = DelimitedReader(text, columns: columns, header: header)
            rows = try reader.read(quoted: format == .csv)
        case .jsonLines:
            rows = try readJSONLines(text, columns: columns)
        }
        return TaskTable(path: text.path, columns: columns, rows: rows)
    }

    /// The text in column `column` of a row.
    ///
    /// - Throws: `TaskDataError` if it is missing or a list.
    public func text(_ row: Row, _ column: Int) throws(TaskDataError) -> String {
        guard case .text(let text) = row.values[column] else {
            let found = row.values[column] == nil ? "nothing" : "a list"
            throw TaskDataError(
                path, line: row.line, "\(visible(columns[column])) must be text, found \(found)")
        }
        return text
    }

    /// The label in column `column` of a row, without white space at its ends, so that labels that
    /// differ only there are the same.
    ///
    /// - Throws: `TaskDataError` if it is missing or a list.
    public func label(_ row: Row, _ column: Int) throws(TaskDataError) -> String {
        PythonText.trimmed(try text(row, column))
    }

    /// The labels in column `column` of a row, each without white space at its ends: a list, or one
    /// text of comma-separated labels.
    ///
    /// - Throws: `TaskDataError` if there is none.
    public func labels(_ row: Row, _ column: Int) throws(TaskDataError) -> [String] {
        if case .list(let items) = row.values[column] { return items.map(PythonText.trimmed) }
        return try text(row, column).split(separator: ",").map { PythonText.trimmed(String($0)) }
    }

    /// Number of records whose label has white space at its ends, and the line of the first.
    func firstSpacedLabel(column: Int) -> (count: Int, line: Int)? {
        var found: (count: Int, line: Int)?
        for row in rows {
            let isSpaced =
                switch row.values[column] {
                case .text(let text): PythonText.trimmed(text) != text
                case .list(let items): items.contains { PythonText.trimmed($0) != $0 }
                case nil: false
                }
            if isSpaced { found = ((found?.count ?? 0) + 1, found?.line ?? row.line) }
        }
        return found
    }

    /// The list in column `column` of a row; a non-empty text counts as a list of one.
    ///
    /// - Throws: `TaskDataError` if there is none.
    public func list(_ row: Row, _ column: Int) throws(TaskDataError) -> [String] {
        switch row.values[column] {
        case .list(let items): return items
        case .text(let text): return text.isEmpty ? [] : [text]
        case nil:
            throw TaskDataError(
                path, line: row.line, "\(visible(columns[column])) must be a list, found nothing")
        }
    }
}

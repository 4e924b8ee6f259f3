/// Reads rows of fields separated by tabs or commas.
struct DelimitedReader {
    private let text: TaskText
    private let wanted: [String]
    /// Index of each requested column in a row; set after the header.
    private var places: [Int] = []
    /// Fields per row.
    private var width: Int?
    private var rows: [TaskTable.Row] = []
    private let givenHeader: [String]?

    init(_ text: TaskText, columns: [String], header: [String]?) {
        self.text = text
        wanted = columns
        givenHeader = header
    }

    /// Reads all rows after the header.
    mutating func read(quoted: Bool) throws(TaskDataError) -> [TaskTable.Row] {
        if let givenHeader { try setHeader(givenHeader, line: 1) }
        if quoted { try readQuoted() } else { try readPlain() }
        guard width != nil else {
            throw text.error(nil, "is empty; the first row must name the columns")
        }
        return rows
    }

    private mutating func readPlain() throws(TaskDataError) {
        var start = 0
        var line = 0
        while start < text.bytes.count {
            let end = text.bytes[start...].firstIndex(of: TaskText.lineFeed) ?? text.bytes.count
            line += 1
            try checkLength(end - start, line)
            var content = text.bytes[start..<end]
            if content.last == TaskText.carriageReturn { content.removeLast() }
            if !content.isEmpty {
                let fields = content.split(
                    separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                try take(fields.map { String(decoding: $0, as: UTF8.self) }, line: line)
            }
            start = end + 1
        }
    }

    /// RFC 4180. A double quote within a field that does not begin with one is literal, as in
    /// Python's `csv`.
    private mutating func readQuoted() throws(TaskDataError) {
        var position = 0
        var line = 1
        var fields: [String] = []
        var rowLine = 1
        while position < text.bytes.count {
            let (field, lineFeeds) = try readField(&position, line: line)
            line += lineFeeds
            fields.append(field)
            guard fields.count <= text.limits.columns else { throw tooWide(rowLine) }
            let isEnd = position >= text.bytes.count
            if !isEnd, text.bytes[position] == UInt8(ascii: ",") {
                position += 1
                // A comma at the very end of the file is followed by an empty field.
                if position < text.bytes.count { continue }
                fields.append("")
            }
            if fields.count > 1 || fields[0] != "" || lineFeeds > 0 {
                try take(fields, line: rowLine)
            }
            fields.removeAll(keepingCapacity: true)
            if position < text.bytes.count, text.bytes[position] == TaskText.carriageReturn {
                position += 1
            }
            position += 1
            line += 1
            rowLine = line
        }
    }

    /// Reads one field and leaves `position` at its delimiter: a comma, a line end, or the end.
    private func readField(
        _ position: inout Int, line: Int
    ) throws(TaskDataError) -> (String, lineFeeds: Int) {
        let bytes = text.bytes
        let start = position
        if bytes[position] == UInt8(ascii: "\"") {
            return try readQuotedField(&position, line: line)
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: ","),
            bytes[position] != TaskText.lineFeed
        {
            position += 1
        }
        try checkLength(position - start, line)
        let endsLine = position >= bytes.count || bytes[position] == TaskText.lineFeed
        if endsLine, position > start, bytes[position - 1] == TaskText.carriageReturn {
            position -= 1
        }
        return (String(decoding: bytes[start..<position], as: UTF8.self), 0)
    }

    private func readQuotedField(
        _ position: inout Int, line: Int
    ) throws(TaskDataError) -> (String, lineFeeds: Int) {
        let bytes = text.bytes
        let quote = UInt8(ascii: "\"")
        var field: [UInt8] = []
        var lineFeeds = 0
        position += 1
        while true {
            guard position < bytes.count, field.count <= text.limits.textBytes else {
                throw text.error(
                    line, "a quoted field begins here and does not end; write \"\" for a quote")
            }
            let byte = bytes[position]
            position += 1
            if byte == quote {
                guard position < bytes.count, bytes[position] == quote else { break }
                position += 1
            } else if byte == TaskText.lineFeed {
                lineFeeds += 1
            }
            field.append(byte)
        }
        if position < bytes.count {
            let rest = bytes[position...].prefix(2)
            guard
                rest.first == UInt8(ascii: ",") || rest.first == TaskText.lineFeed
                    || rest.elementsEqual([TaskText.carriageReturn, TaskText.lineFeed])
                    || (rest.count == 1 && rest.first == TaskText.carriageReturn)
            else {
                throw text.error(
                    line + lineFeeds,
                    "text follows the closing quote of a field; write \"\" for a quote within it")
            }
        }
        return (String(decoding: field, as: UTF8.self), lineFeeds)
    }

    private func checkLength(_ count: Int, _ line: Int) throws(TaskDataError) {
        guard count <= text.limits.textBytes else {
            throw text.error(
                line,
                "a field or line has more than \(text.limits.textBytes) bytes; is this the right "
                    + "format?")
        }
    }

    private func tooWide(_ line: Int) -> TaskDataError {
        text.error(line, "more than \(text.limits.columns) columns; is this the right format?")
    }

    private mutating func take(_ fields: [String], line: Int) throws(TaskDataError) {
        guard let width else { return try setHeader(fields, line: line) }
        guard fields.count == width else {
            throw text.error(
                line, "\(fields.count) columns where the header has \(width)")
        }
        try text.checkCounts(
            records: rows.count + 1, values: (rows.count + 1) * wanted.count, line: line)
        rows.append(.init(line: line, values: places.map { .text(fields[$0]) }))
    }

    private mutating func setHeader(_ header: [String], line: Int) throws(TaskDataError) {
        let names = header.map(PythonText.trimmed)
        guard names.count <= text.limits.columns else { throw tooWide(line) }
        guard Set(names).count == names.count else {
            let twice = names.first { name in names.count { $0 == name } > 1 } ?? ""
            throw text.error(line, "two columns have the same name, \"\(visible(twice))\"")
        }
        for column in wanted {
            guard let place = names.firstIndex(of: column) else {
                let list = names.prefix(20).map { visible($0) }.joined(separator: ", ")
                throw text.error(line, "no column \(visible(column)); the columns are \(list)")
            }
            places.append(place)
        }
        width = names.count
    }
}

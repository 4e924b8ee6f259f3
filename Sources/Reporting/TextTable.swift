/// Text in columns.
enum TextTable {
    /// Two columns: names and values; further lines of a value are below its first.
    static func pairs(_ items: [(String, String)]) -> [String] {
        let width = items.map { TextWidth.columns($0.0) }.max() ?? 0
        return items.flatMap { name, value in
            let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
            return lines.enumerated().map { index, line in
                trimmed("  " + TextWidth.padded(index == 0 ? name : "", width) + "  " + line)
            }
        }
    }

    /// A table with a line below its header; the first column is left-aligned, numbers
    /// right-aligned. Short rows are padded with empty cells.
    static func grid(columns: [String], rows: [[String]]) -> [String] {
        let rows = rows.map { row in columns.indices.map { $0 < row.count ? row[$0] : "" } }
        let widths = columns.indices.map { index in
            ([columns] + rows).map { TextWidth.columns($0[index]) }.max() ?? 0
        }
        func line(_ row: [String]) -> String {
            trimmed(
                "  "
                    + row.indices.map {
                        TextWidth.padded(row[$0], widths[$0], right: $0 > 0)
                    }.joined(separator: "  "))
        }
        let rule = "  " + widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return [line(columns), rule] + rows.map(line)
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

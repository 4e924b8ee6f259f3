/// Reads the rows of a file with one JSON object per line. Blank lines are skipped; members that
/// were not requested may be anything.
func readJSONLines(
    _ text: TaskText, columns: [String]
) throws(TaskDataError) -> [TaskTable.Row] {
    var rows: [TaskTable.Row] = []
    try text.forEachLine { (number, bytes) throws(TaskDataError) in
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { return }
        try text.checkCounts(
            records: rows.count + 1, values: (rows.count + 1) * columns.count, line: number)
        let tree = try JSONParser.parse(bytes, path: text.path, line: number, limits: text.limits)
        guard case .object(let members) = tree.content else {
            throw text.error(number, "a line must be a JSON object, found \(tree.found)")
        }
        if rows.isEmpty {
            for column in columns where try member(column, of: tree, text, number) == nil {
                let names = members.prefix(20).map { visible($0.name) }.joined(separator: ", ")
                throw text.error(
                    number, "no member \(visible(column)); the members are \(names)")
            }
        }
        var values: [TaskValue?] = []
        for column in columns {
            let member = try member(column, of: tree, text, number)
            values.append(try value(member, column, text: text, line: number))
        }
        rows.append(.init(line: number, values: values))
    }
    return rows
}

/// The member of an object whose name equals a column's, ignoring white space at its ends.
private func member(
    _ column: String, of tree: JSONTree, _ text: TaskText, _ line: Int
) throws(TaskDataError) -> JSONTree? {
    if let exact = tree[column] { return exact }
    guard case .object(let members) = tree.content else { return nil }
    let found = members.filter { PythonText.trimmed($0.name).utf8.elementsEqual(column.utf8) }
    guard found.count <= 1 else {
        throw text.error(line, "two members are called \"\(visible(column))\" but for white space")
    }
    return found.first?.value
}

private func value(
    _ tree: JSONTree?, _ column: String, text: TaskText, line: Int
) throws(TaskDataError) -> TaskValue? {
    guard let tree, !tree.isNull else { return nil }
    if let scalar = tree.scalarText { return .text(scalar) }
    if let items = tree.list {
        let texts = items.compactMap(\.scalarText)
        if texts.count == items.count { return .list(texts) }
    }
    throw text.error(
        line, "\(visible(column)) must be text, a number, or a list of them, found \(tree.found)")
}

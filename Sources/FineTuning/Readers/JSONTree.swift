/// A JSON text after parsing, each value with the line it stands on.
struct JSONTree: Equatable {
    indirect enum Content: Equatable {
        case null
        case boolean(Bool)
        /// A number as it was written.
        case number(String)
        case text(String)
        case list([JSONTree])
        /// Members in the order of the text; no name comes twice.
        case object([Member])
    }

    struct Member: Equatable {
        let name: String
        let value: JSONTree
    }

    let content: Content
    let line: Int

    /// The value under a name; nil where this is no object or has none of that name.
    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    var isNull: Bool { content == .null }

    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    var list: [JSONTree]? {
        if case .list(let items) = content { items } else { nil }
    }

    var boolean: Bool? {
        if case .boolean(let value) = content { value } else { nil }
    }

    /// The value of a number that is an integer.
    var integer: Int? {
        if case .number(let text) = content { Int(text) } else { nil }
    }

    /// What stands here, in the words of an error message.
    var found: String {
        switch content {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): visible(text)
        case .text(let text): "\"\(visible(text))\""
        case .list(let items): "a list of \(items.count)"
        case .object(let members): "an object of \(members.count) members"
        }
    }

    /// The text of a scalar; nil for lists, objects and null.
    var scalarText: String? {
        switch content {
        case .boolean(let value): value ? "true" : "false"
        case .number(let text), .text(let text): text
        case .null, .list, .object: nil
        }
    }
}

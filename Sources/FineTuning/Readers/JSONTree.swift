/// A parsed JSON text, with the line of each value.
struct JSONTree: Equatable {
    indirect enum Content: Equatable {
        case null
        case boolean(Bool)
        /// A number as written.
        case number(String)
        case text(String)
        case list([JSONTree])
        /// Members in the order of the text, with distinct names.
        case object([Member])
    }

    struct Member: Equatable {
        let name: String
        let value: JSONTree
    }

    let content: Content
    let line: Int

    /// The value of a member; nil if this is not an object or has no such member.
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

    /// The items of a list of texts.
    var texts: [String]? {
        guard let list else { return nil }
        let texts = list.compactMap(\.text)
        return texts.count == list.count ? texts : nil
    }

    var boolean: Bool? {
        if case .boolean(let value) = content { value } else { nil }
    }

    /// The value of an integral number.
    var integer: Int? {
        if case .number(let text) = content { Int(text) } else { nil }
    }

    /// Description of the value for error messages.
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

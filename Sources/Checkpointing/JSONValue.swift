import DurableFiles

/// A JSON value; names and texts are kept verbatim, numbers as written.
indirect enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case number(String)
    case text(String)
    case list([JSONValue])
    /// Members in the order of the text, with distinct names.
    case object([(name: String, value: JSONValue)])

    /// Maximum nesting; deeper input is rejected because it would overflow the stack.
    private static let maximumDepth = 64

    /// The member of a name; nil if this is not an object or has no such member.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var list: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
    var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    var isNull: Bool { if case .null = self { true } else { false } }
    var members: [(name: String, value: JSONValue)]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Short description of the value, for messages.
    var shown: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let text): text
        case .text(let text): "\"\(text.prefix(60))\""
        case .list(let items): "a list of \(items.count)"
        case .object(let members): members.isEmpty ? "{}" : "an object"
        }
    }

    /// Parses a text as an object; nil if it is not one.
    init?(_ text: String) {
        var json = JSONCursor(bytes: Array(text.utf8))
        guard let value = try? Self.read(&json, depth: 0), value.members != nil else { return nil }
        self = value
    }

    /// Reads a file that contains one object; nil if there is no file of that name.
    static func object(
        in directory: String, _ name: String, maximumByteCount: Int = 16 << 20
    ) throws -> JSONValue? {
        let path = Paths.join(directory, name)
        guard try Paths.exists(path) else { return nil }
        let bytes = try WholeFiles.read(
            path, maximumByteCount: maximumByteCount, followingLinks: true)
        var json = JSONCursor(bytes: bytes)
        do throws(JSONCursor.Failure) {
            let value = try read(&json, depth: 0)
            try json.end()
            if value.members != nil { return value }
        } catch {
            throw CheckpointError(
                .badData, path, "is no JSON: \(error.message) at byte \(error.offset)")
        }
        throw CheckpointError(.badData, path, "is no JSON object")
    }

    private static func read(
        _ json: inout JSONCursor, depth: Int
    ) throws(JSONCursor.Failure) -> JSONValue {
        guard depth <= maximumDepth else { throw json.failure("nested too deeply") }
        switch json.peek() {
        case UInt8(ascii: "{"):
            var members: [(name: String, value: JSONValue)] = []
            // As bytes: equal `String`s may differ in their code points.
            var names: Set<[UInt8]> = []
            try json.object { (json, name) throws(JSONCursor.Failure) in
                guard names.insert(Array(name.utf8)).inserted else {
                    throw json.failure("\"\(name.prefix(60))\" comes twice in one object")
                }
                members.append((name, try read(&json, depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            try json.expect(UInt8(ascii: "["))
            var items: [JSONValue] = []
            if json.take(UInt8(ascii: "]")) { return .list([]) }
            repeat {
                items.append(try read(&json, depth: depth + 1))
            } while json.take(UInt8(ascii: ","))
            try json.expect(UInt8(ascii: "]"))
            return .list(items)
        case UInt8(ascii: "\""): return .text(try json.string())
        default:
            switch json.word() {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            case "null": return .null
            case let word where Double(word) != nil: return .number(word)
            default: throw json.failure("no value")
            }
        }
    }
}

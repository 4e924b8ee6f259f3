/// JSON whose objects keep the order of their keys, which Foundation's encoder does not, because
/// people also read log lines.
indirect enum JSONValue: Equatable, Sendable {
    case null
    case integer(Int)
    /// Written as null if not finite, because JSON has no representation for it.
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([Member])

    /// A key of an object with its value.
    struct Member: Equatable, Sendable {
        var key: String
        var value: JSONValue
    }

    /// The value on one line, without spaces.
    var line: String {
        switch self {
        case .array(let values):
            "[" + values.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.line }.joined(separator: ",")
                + "}"
        default: scalar
        }
    }

    /// The value on several lines, indented by two spaces per level.
    func page(indentation: Int = 0) -> String {
        let inner = String(repeating: " ", count: indentation + 2)
        let outer = String(repeating: " ", count: indentation)
        switch self {
        case .array(let values) where !values.isEmpty:
            let lines = values.map { inner + $0.page(indentation: indentation + 2) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map {
                inner + Self.quoted($0.key) + ": " + $0.value.page(indentation: indentation + 2)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return line
        }
    }

    private var scalar: String {
        switch self {
        case .integer(let value): String(value)
        case .number(let value) where value.isFinite: value.description
        case .text(let value): Self.quoted(value)
        default: "null"
        }
    }

    /// RFC 8259: quotes, backslashes and control characters are escaped, the rest is UTF-8.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

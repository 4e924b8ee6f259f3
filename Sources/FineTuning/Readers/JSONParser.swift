/// Strict RFC 8259 parser: accepts what Python's `json.dumps` writes, without NaN and Infinity. An
/// unpaired surrogate escape becomes U+FFFD.
struct JSONParser {
    private let path: String
    private let bytes: ArraySlice<UInt8>
    private let limits: TaskFileLimits
    private var position: Int
    private var line: Int
    private var values = 0

    /// Maximum nesting; deeper input is rejected because it would overflow the stack.
    private static let maximumDepth = 64

    private init(_ bytes: ArraySlice<UInt8>, path: String, line: Int, limits: TaskFileLimits) {
        self.path = path
        self.bytes = bytes
        self.limits = limits
        self.line = line
        position = bytes.startIndex
    }

    /// Parses the single value in `bytes`, which must be UTF-8.
    ///
    /// - Parameter line: line of the file at which they begin.
    static func parse(
        _ bytes: ArraySlice<UInt8>, path: String, line: Int = 1,
        limits: TaskFileLimits = TaskFileLimits()
    ) throws(TaskDataError) -> JSONTree {
        var parser = JSONParser(bytes, path: path, line: line, limits: limits)
        let tree = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.endIndex else {
            throw parser.error("text follows the end of the JSON value")
        }
        return tree
    }

    private func error(_ message: String) -> TaskDataError {
        TaskDataError(path, line: line, "not JSON: \(message)")
    }

    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case TaskText.lineFeed: line += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), TaskText.carriageReturn: break
            default: return
            }
            position += 1
        }
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(TaskDataError) {
        skipSpace()
        guard next == byte else { throw error("expected \(what), found \(found)") }
        position += 1
    }

    private var found: String {
        guard next != nil else { return "the end" }
        let rest = bytes[position...].prefix(80)
        let text = String(decoding: rest, as: UTF8.self)
        return "\"\(visible(text.prefix(20)))\""
    }

    private mutating func value(depth: Int) throws(TaskDataError) -> JSONTree {
        guard depth <= Self.maximumDepth else {
            throw error("nested more than \(Self.maximumDepth) levels deep")
        }
        values += 1
        guard values <= limits.values else {
            throw TaskDataError(path, line: line, "more than \(limits.values) values")
        }
        skipSpace()
        let start = line
        let content: JSONTree.Content
        switch next {
        case UInt8(ascii: "{"): content = .object(try members(depth: depth))
        case UInt8(ascii: "["): content = .list(try items(depth: depth))
        case UInt8(ascii: "\""): content = .text(try string())
        case UInt8(ascii: "t"): content = try word("true", .boolean(true))
        case UInt8(ascii: "f"): content = try word("false", .boolean(false))
        case UInt8(ascii: "n"): content = try word("null", .null)
        default: content = .number(try number())
        }
        return JSONTree(content: content, line: start)
    }

    private mutating func word(
        _ word: String, _ content: JSONTree.Content
    ) throws(TaskDataError) -> JSONTree.Content {
        guard bytes[position...].starts(with: word.utf8) else {
            throw error("expected a value, found \(found)")
        }
        position += word.utf8.count
        return content
    }

    private mutating func items(depth: Int) throws(TaskDataError) -> [JSONTree] {
        position += 1
        skipSpace()
        var items: [JSONTree] = []
        if next == UInt8(ascii: "]") {
            position += 1
            return items
        }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if next == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","), ", or ]")
        }
        position += 1
        return items
    }

    private mutating func members(depth: Int) throws(TaskDataError) -> [JSONTree.Member] {
        position += 1
        skipSpace()
        var members: [JSONTree.Member] = []
        // As bytes: equal `String`s may differ in their code points.
        var names: Set<[UInt8]> = []
        if next == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else {
                throw error("expected a name in double quotes, found \(found)")
            }
            let name = try string()
            try expect(UInt8(ascii: ":"), ":")
            guard names.insert(Array(name.utf8)).inserted else {
                throw error("\"\(visible(name))\" comes twice in one object")
            }
            members.append(.init(name: name, value: try value(depth: depth + 1)))
            skipSpace()
            if next == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","), ", or }")
        }
        position += 1
        return members
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number() throws(TaskDataError) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        var sound = whole == 1 || whole > 1 && bytes[position - whole] != UInt8(ascii: "0")
        if sound, next == UInt8(ascii: ".") {
            position += 1
            sound = digits() > 0
        }
        if sound, next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            sound = digits() > 0
        }
        guard sound, position - start <= 400 else {
            position = start
            throw error("expected a value, found \(found)")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        return position - start
    }

    private mutating func string() throws(TaskDataError) -> String {
        position += 1
        let start = position
        var clean: [UInt8]?
        while true {
            guard let byte = next else { throw error("a string does not end") }
            guard byte >= 0x20 else { throw error("a control character in a string; escape it") }
            guard position - start <= limits.textBytes else {
                throw error("a string of more than \(limits.textBytes) bytes")
            }
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                if clean == nil { clean = Array(bytes[start..<position]) }
                position += 1
                clean?.append(contentsOf: String(try escaped()).utf8)
            } else {
                clean?.append(byte)
                position += 1
            }
        }
        defer { position += 1 }
        return String(decoding: clean.map { $0[...] } ?? bytes[start..<position], as: UTF8.self)
    }

    /// Parses the escape sequence after a backslash.
    private mutating func escaped() throws(TaskDataError) -> Unicode.Scalar {
        guard let byte = next else { throw error("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw error("\\\(visible(String(Unicode.Scalar(byte)))) is no escape")
        }
        let high = try fourDigits()
        guard (0xD800..<0xDC00).contains(high),
            bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
        let behind = position
        position += 2
        let low = try fourDigits()
        guard (0xDC00..<0xE000).contains(low) else {
            position = behind
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func fourDigits() throws(TaskDataError) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4,
            digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("\\u needs four hexadecimal digits") }
        position += 4
        return value
    }
}

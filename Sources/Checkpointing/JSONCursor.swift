/// Reads JSON (RFC 8259) incrementally from untrusted bytes. Texts are compared as bytes, so pieces
/// and names that differ only in Unicode composition stay distinct.
struct JSONCursor {
    /// A syntax error and its position.
    struct Failure: Error {
        var message: String
        var offset: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Throws unless only white space remains.
    mutating func end() throws(Failure) {
        guard peek() == nil else { throw failure("text behind the value") }
    }

    /// Reads an object, calling `member` for each value.
    mutating func object(
        _ member: (inout JSONCursor, String) throws(Failure) -> Void
    ) throws(Failure) {
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            try expect(UInt8(ascii: ":"))
            try member(&self, key)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Reads a non-negative integer.
    mutating func integer() throws(Failure) -> Int {
        guard let first = peek(), (48...57).contains(first) else {
            throw failure("no non-negative integer")
        }
        var value = 0
        while position < bytes.count, (48...57).contains(bytes[position]) {
            let (product, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = product.addingReportingOverflow(Int(bytes[position]) - 48)
            guard !first, !second else { throw failure("a number beyond 64 bits") }
            value = sum
            position += 1
        }
        return value
    }

    /// Reads a text.
    mutating func string() throws(Failure) -> String {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else {
                    throw failure("text that is not UTF-8")
                }
                return valid
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<32: throw failure("a control character in text")
            default: text.append(byte)
            }
        }
        throw failure("text without end")
    }

    private mutating func escape() throws(Failure) -> [UInt8] {
        guard position < bytes.count else { throw failure("text without end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: Array("\\u".utf8)) {
                position += 2
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw failure("a lone surrogate")
            }
            return Array(text.utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        let isHex = digits.allSatisfy {
            (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0)
        }
        guard digits.count == 4, isHex,
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("a broken \\u escape") }
        position += 4
        return unit
    }

    /// The next byte that is not white space.
    mutating func peek() -> UInt8? {
        while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    /// Skips a byte, if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// Skips a byte that must be next.
    mutating func expect(_ byte: UInt8) throws(Failure) {
        guard take(byte) else { throw failure("no \(Character(UnicodeScalar(byte)))") }
    }

    /// Reads the rest of one of the words `true`, `false` and `null`, or of a number, verbatim.
    mutating func word() -> String {
        _ = peek()
        let start = position
        while position < bytes.count,
            (48...57).contains(bytes[position]) || (65...90).contains(bytes[position])
                || (97...122).contains(bytes[position]) || [43, 45, 46].contains(bytes[position])
        { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Makes an error at this position.
    func failure(_ message: String) -> Failure {
        Failure(message: message, offset: position)
    }
}

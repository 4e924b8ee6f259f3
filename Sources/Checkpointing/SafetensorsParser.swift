import ExitCoding

/// Reads exactly the JSON that a safetensors header may be: an object of objects with known keys.
/// The depth is fixed by that, names that occur twice are refused (general JSON readers accept
/// both), and numbers are non-negative integers.
struct SafetensorsParser {
    /// What is wrong, and where.
    struct Failure: Error {
        var message: String
        var offset: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(Failure) -> (
        tensors: [String: SafetensorsHeader.Entry], metadata: [String: String]
    ) {
        var tensors: [String: SafetensorsHeader.Entry] = [:]
        var metadata: [String: String]?
        try object { (parser, name) throws(Failure) in
            if name == "__metadata__" {
                guard metadata == nil else { throw parser.failure("two __metadata__") }
                metadata = try parser.metadataObject()
            } else {
                guard tensors[name] == nil else {
                    throw parser.failure("\(name.printable(limit: 200)) twice")
                }
                tensors[name] = try parser.tensor()
            }
        }
        // The header may be filled up with spaces.
        guard peek() == nil else { throw failure("text behind the object") }
        return (tensors, metadata ?? [:])
    }

    private mutating func metadataObject() throws(Failure) -> [String: String] {
        var metadata: [String: String] = [:]
        try object { (parser, key) throws(Failure) in metadata[key] = try parser.string() }
        return metadata
    }

    private mutating func tensor() throws(Failure) -> SafetensorsHeader.Entry {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { (parser, key) throws(Failure) in
            switch key {
            case "dtype" where dtype == nil: dtype = try parser.string()
            case "shape" where shape == nil: shape = try parser.integers(atMost: 32)
            case "data_offsets" where offsets == nil: offsets = try parser.integers(atMost: 2)
            default: throw parser.failure("unexpected key \(key.printable(limit: 200))")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
            throw failure("a tensor needs dtype, shape and two rising data_offsets")
        }
        return SafetensorsHeader.Entry(
            dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }

    private mutating func object(
        _ member: (inout SafetensorsParser, String) throws(Failure) -> Void
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

    private mutating func integers(atMost limit: Int) throws(Failure) -> [Int] {
        var values: [Int] = []
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return [] }
        repeat {
            guard values.count < limit else { throw failure("more than \(limit) numbers") }
            values.append(try integer())
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return values
    }

    private mutating func integer() throws(Failure) -> Int {
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

    private mutating func string() throws(Failure) -> String {
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

    /// The next byte that is no white space.
    private mutating func peek() -> UInt8? {
        while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard take(byte) else { throw failure("no \(Character(UnicodeScalar(byte)))") }
    }

    private func failure(_ message: String) -> Failure {
        Failure(message: message, offset: position)
    }
}

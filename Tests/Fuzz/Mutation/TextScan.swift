/// Meaningful parts of a text in JSON, YAML, tables and word lists.
struct TextScan {
    /// Numbers, words and quoted texts.
    private(set) var tokens: [Range<Int>] = []
    /// Elements between brackets and commas.
    private(set) var elements: [Range<Int>] = []
    /// The lines without their ends.
    private(set) var lines: [Range<Int>] = []

    init(_ bytes: [UInt8]) {
        scanLines(bytes)
        scanTokens(bytes)
        scanElements(bytes)
    }

    /// Whether a byte belongs to a word or number.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "+"), UInt8(ascii: "-"), 0x80...0xFF:
            true
        default: false
        }
    }

    private mutating func scanLines(_ bytes: [UInt8]) {
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(start..<index)
            start = index + 1
        }
        if start < bytes.count { lines.append(start..<bytes.count) }
    }

    private mutating func scanTokens(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            let start = index
            if bytes[index] == UInt8(ascii: "\"") {
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index = min(index + 1, bytes.count)
                tokens.append(start..<index)
            } else if Self.isWord(bytes[index]) {
                while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
                tokens.append(start..<index)
            } else {
                index += 1
            }
        }
    }

    private mutating func scanElements(_ bytes: [UInt8]) {
        var starts: [Int] = []
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case _ where isQuoted: break
            case UInt8(ascii: "["), UInt8(ascii: "{"): starts.append(index + 1)
            case UInt8(ascii: ","):
                if let start = starts.popLast() {
                    elements.append(start..<index)
                    starts.append(index + 1)
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if let start = starts.popLast() { elements.append(start..<index) }
            default: break
            }
            index += 1
        }
    }
}

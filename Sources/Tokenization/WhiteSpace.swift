/// White space as Python's `str.strip` sees it: to Google's and NVIDIA's programs a line of
/// nothing else is blank, and ends a document. Unicode's property White_Space, and U+001C to
/// U+001F.
package enum WhiteSpace {
    /// The number of bytes of the white space character at `position` of a text in UTF-8, or 0.
    package static func length(
        at position: Int, in text: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let byte = text[position]
        if byte < 0x80 { return isASCII(byte) ? 1 : 0 }
        guard position + 1 < text.count else { return 0 }
        // U+0085, U+00A0.
        if byte == 0xC2 { return text[position + 1] == 0x85 || text[position + 1] == 0xA0 ? 2 : 0 }
        guard byte == 0xE1 || byte == 0xE2 || byte == 0xE3, position + 2 < text.count else {
            return 0
        }
        return isWide(byte, text[position + 1], text[position + 2]) ? 3 : 0
    }

    /// `range` of `text` without white space at its ends.
    package static func trimmed(
        _ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>
    ) -> Range<Int> {
        let line = UnsafeBufferPointer(rebasing: text[range])
        var start = 0
        while start < line.count {
            let length = length(at: start, in: line)
            if length == 0 { break }
            start += length
        }
        var end = line.count
        while end > start {
            let length = (1...min(3, end - start)).first {
                self.length(at: end - $0, in: line) == $0
            }
            guard let length else { break }
            end -= length
        }
        return range.lowerBound + start..<range.lowerBound + end
    }

    @inline(__always)
    private static func isASCII(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte)
    }

    /// Whether three bytes are U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F or U+3000.
    private static func isWide(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        switch (first, second) {
        case (0xE1, 0x9A), (0xE3, 0x80): third == 0x80
        case (0xE2, 0x80):
            (0x80...0x8A).contains(third) || third == 0xA8 || third == 0xA9 || third == 0xAF
        case (0xE2, 0x81): third == 0x9F
        default: false
        }
    }
}

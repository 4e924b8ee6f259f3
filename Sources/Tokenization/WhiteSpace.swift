/// White space as defined by Python's `str.strip`: Unicode's property White_Space, and U+001C to
/// U+001F. Google's and NVIDIA's programs consider a line of only white space blank, which ends a
/// document.
package enum WhiteSpace {
    /// Whether a code point is white space: bidirectional class WS, B or S, or category Zs.
    @inline(__always)
    package static func contains(_ codePoint: UInt32) -> Bool {
        switch codePoint {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029,
            0x202F, 0x205F, 0x3000:
            true
        default: false
        }
    }

    /// Length in bytes of the white space character at `position` of a UTF-8 text, or 0.
    package static func length(
        at position: Int, in text: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let byte = text[position]
        if byte < 0x80 { return contains(UInt32(byte)) ? 1 : 0 }
        // U+0085 and U+00A0; the others begin with E1, E2 or E3.
        let length = byte == 0xC2 ? 2 : (0xE1...0xE3).contains(byte) ? 3 : 0
        guard length > 0, position + length <= text.count else { return 0 }
        var codePoint = UInt32(byte) & (length == 2 ? 0x1F : 0x0F)
        for next in text[position + 1..<position + length] {
            guard next & 0xC0 == 0x80 else { return 0 }
            codePoint = codePoint << 6 | UInt32(next & 0x3F)
        }
        return contains(codePoint) ? length : 0
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
}

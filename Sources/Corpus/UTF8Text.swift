/// Checks and repair of bytes that should be UTF-8.
enum UTF8Text {
    /// The offset of the first byte that is not valid UTF-8, or nil.
    static func firstFault(_ bytes: [UInt8]) -> Int? {
        fault(bytes, from: 0)?.lowerBound
    }

    /// `bytes` with U+FFFD for every maximal part of a broken sequence, as the Unicode standard
    /// recommends (3.9), and how many there were.
    static func repaired(_ bytes: [UInt8]) -> (bytes: [UInt8], replacements: Int) {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 64)
        var position = 0
        var count = 0
        while let range = fault(bytes, from: position) {
            output += bytes[position..<range.lowerBound]
            output += [0xEF, 0xBF, 0xBD]
            position = range.upperBound
            count += 1
        }
        output += bytes[position...]
        return (output, count)
    }

    private static func fault(_ bytes: [UInt8], from start: Int) -> Range<Int>? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span.extracting(start...))
            return nil
        } catch {
            let range = error.byteOffsets
            return start + range.lowerBound..<start + max(range.upperBound, range.lowerBound + 1)
        }
    }
}

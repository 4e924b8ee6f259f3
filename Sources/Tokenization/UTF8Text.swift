import Glibc

/// Validation and repair of UTF-8 text.
package enum UTF8Text {
    /// Range of the first invalid UTF-8 sequence, or of the first NUL, which text does not contain;
    /// nil if all is text.
    package static func fault(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0
    ) -> Range<Int>? {
        var invalid: Range<Int>?
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span.extracting(start...))
        } catch {
            let range = error.byteOffsets
            invalid =
                start + range.lowerBound..<start + max(range.upperBound, range.lowerBound + 1)
        }
        let end = invalid?.lowerBound ?? bytes.count
        guard end > start, let base = bytes.baseAddress,
            let nul = memchr(base + start, 0, end - start)
        else { return invalid }
        let offset = UnsafeRawPointer(nul) - UnsafeRawPointer(base)
        return offset..<offset + 1
    }

    /// `bytes` with U+FFFD for every NUL and every maximal part of an invalid sequence, as the
    /// Unicode standard recommends (3.9), and the number of replacements.
    package static func repaired(_ bytes: [UInt8]) -> (bytes: [UInt8], replacements: Int) {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 64)
        var position = 0
        var count = 0
        bytes.withUnsafeBufferPointer { text in
            while let range = fault(in: text, from: position) {
                output += text[position..<range.lowerBound]
                output += [0xEF, 0xBF, 0xBD]
                position = range.upperBound
                count += 1
            }
            output += text[position...]
        }
        return (output, count)
    }
}

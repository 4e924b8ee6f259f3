import DurableFiles
import Glibc

/// A part of a file for one worker: a range of bytes between ASCII white space, or all of a pipe.
struct TextRange: Sendable {
    let path: String
    /// Nil for input that cannot be read at an offset.
    let bytes: Range<Int>?

    /// Cuts files into ranges of about `size` bytes. The cuts do not affect any count.
    static func ranges(
        of files: [String], size: Int
    ) throws(TextStreamError) -> [TextRange] {
        var ranges: [TextRange] = []
        for path in files {
            let file = try openText(path)
            defer { close(file) }
            var status = stat()
            guard Patience.call({ fstat(file, &status) }) == 0 else {
                throw .unreadable(path: path, code: errno)
            }
            // Standard input may be positioned in the middle of a file.
            guard status.st_mode & S_IFMT == S_IFREG, path != "-" else {
                if status.st_mode & S_IFMT == S_IFDIR { throw .directory(path: path) }
                ranges.append(TextRange(path: path, bytes: nil))
                continue
            }
            let total = Int(status.st_size)
            var start = 0
            while start < total {
                let end = try firstSpace(
                    in: file, path: path, from: min(total, start + size), total: total)
                ranges.append(TextRange(path: path, bytes: start..<end))
                start = end
            }
        }
        return ranges
    }

    /// Position of the first ASCII white space at or after `start`, or `total`.
    private static func firstSpace(
        in file: Int32, path: String, from start: Int, total: Int
    ) throws(TextStreamError) -> Int {
        var offset = start
        var block = [UInt8](repeating: 0, count: 1 << 12)
        while offset < total {
            let count = block.withUnsafeMutableBytes { buffer in
                Patience.call { pread(file, buffer.baseAddress, buffer.count, offset) }
            }
            guard count >= 0 else { throw .unreadable(path: path, code: errno) }
            if count == 0 { return total }
            if let place = block[..<count].firstIndex(where: isASCIISpace) { return offset + place }
            offset += count
        }
        return total
    }
}

/// Whether a byte is a space, tab, carriage return or line feed.
@inline(__always)
func isASCIISpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        || byte == UInt8(ascii: "\n")
}

/// Opens a file for reading; "-" is standard input.
func openText(_ path: String) throws(TextStreamError) -> Int32 {
    let file =
        path == "-"
        ? dup(STDIN_FILENO)
        : Patience.call(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw .unreadable(path: path, code: errno) }
    return file
}

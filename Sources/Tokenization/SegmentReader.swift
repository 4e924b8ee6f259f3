import DurableFiles
import Glibc

/// Reads an open file in segments: lines or, of a line longer than the buffer, parts that end at
/// white space.
struct SegmentReader: ~Copyable {
    /// Bytes without their line feed, valid until the next call to `next`.
    struct Segment {
        let bytes: UnsafeRawBufferPointer
        /// Whether the segment ends its line.
        let endsLine: Bool
    }

    private let file: Int32
    private let name: String
    private let maximumBytes: Int
    /// Remaining range, or nil to read from the file's position to its end.
    private var range: Range<Int>?
    private var buffer: UnsafeMutableRawPointer
    private var capacity: Int
    /// Start of the bytes read and not yet returned, `start ..< filled`.
    private var start = 0
    private var filled = 0
    /// End of the searched bytes: `start ..< searched` contains no line feed.
    private var searched = 0
    private var atEnd = false
    private var lineIsOpen = false
    private var line = 1
    private let requiresText: Bool
    /// Offset in the file of the first byte read.
    private let firstByte: Int
    /// First bytes of the file, as far as they were read.
    private var head: [UInt8] = []
    /// Bytes read so far.
    private(set) var bytesRead = 0

    /// Makes a reader of an open file.
    ///
    /// - Parameters:
    ///   - requiresText: Whether bytes that are not UTF-8, and NUL, are an error.
    ///   - range: If given, only these bytes are read, and the file's own position is unchanged.
    init(
        _ file: Int32, name: String, bufferBytes: Int, maximumStretchBytes: Int,
        requiresText: Bool, range: Range<Int>? = nil
    ) {
        precondition(0 < bufferBytes && bufferBytes <= maximumStretchBytes)
        self.file = file
        self.name = name
        self.range = range
        self.requiresText = requiresText
        firstByte = range?.lowerBound ?? 0
        maximumBytes = maximumStretchBytes
        capacity = bufferBytes
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Returns the next segment, or nil at the end.
    mutating func next() throws(TextStreamError) -> Segment? {
        while true {
            if searched < filled, let found = memchr(buffer + searched, 0x0A, filled - searched) {
                let end = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
                defer { line += 1 }
                return try take(upTo: end, skipping: 1, endsLine: true)
            }
            searched = filled
            if atEnd {
                return filled > start || lineIsOpen
                    ? try take(upTo: filled, skipping: 0, endsLine: true) : nil
            }
            if filled == capacity, start > 0 { moveToFront() }
            if filled == capacity {
                if let end = lastWhiteSpace() {
                    return try take(upTo: end, skipping: 1, endsLine: false)
                }
                try grow()
            }
            try fill()
        }
    }

    private mutating func take(
        upTo end: Int, skipping: Int, endsLine: Bool
    ) throws(TextStreamError) -> Segment {
        let bytes = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
        if requiresText { try check(bytes.bindMemory(to: UInt8.self)) }
        start = end + skipping
        searched = max(start, searched)
        lineIsOpen = !endsLine
        return Segment(bytes: bytes, endsLine: endsLine)
    }

    /// Throws unless the bytes at `start` are text.
    private func check(_ bytes: UnsafeBufferPointer<UInt8>) throws(TextStreamError) {
        guard let fault = UTF8Text.fault(in: bytes) else { return }
        let offset = firstByte + bytesRead - (filled - start) + fault.lowerBound
        throw .notText(
            TextFault(
                source: name, line: line + linesBefore(firstByte), byteOffset: offset,
                byte: bytes[fault.lowerBound], head: firstByte > 0 ? headOfFile() : head))
    }

    /// First bytes of a file that is not read from its beginning.
    private func headOfFile() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        return Array(bytes.prefix(max(0, pread(file, &bytes, bytes.count, 0))))
    }

    /// Number of line feeds in the first `count` bytes of the file; only for messages.
    private func linesBefore(_ count: Int) -> Int {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        var (offset, lines) = (0, 0)
        while offset < count {
            let got = pread(file, &block, min(block.count, count - offset), offset)
            guard got > 0 else { break }
            lines += block[..<got].count { $0 == UInt8(ascii: "\n") }
            offset += got
        }
        return lines
    }

    private mutating func moveToFront() {
        memmove(buffer, buffer + start, filled - start)
        filled -= start
        searched -= start
        start = 0
    }

    private func lastWhiteSpace() -> Int? {
        var index = filled
        while index > start {
            index -= 1
            switch buffer.load(fromByteOffset: index, as: UInt8.self) {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): return index
            default: continue
            }
        }
        return nil
    }

    private mutating func grow() throws(TextStreamError) {
        guard capacity < maximumBytes else {
            throw .stretchTooLong(path: name, line: line, limit: maximumBytes)
        }
        let larger = min(maximumBytes, capacity * 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
        memcpy(memory, buffer, filled)
        buffer.deallocate()
        buffer = memory
        capacity = larger
    }

    private mutating func fill() throws(TextStreamError) {
        let (target, room) = (buffer + filled, capacity - filled)
        let count =
            if let range {
                Patience.call { pread(file, target, min(room, range.count), range.lowerBound) }
            } else {
                Patience.call { read(file, target, room) }
            }
        guard count >= 0 else {
            let code = errno
            throw code == EISDIR ? .directory(path: name) : .unreadable(path: name, code: code)
        }
        if bytesRead == 0 {
            head = Array(UnsafeRawBufferPointer(start: buffer, count: min(64, count)))
        }
        atEnd = count == 0
        filled += count
        bytesRead += count
        if let rest = range { range = rest.lowerBound + count..<rest.upperBound }
    }
}

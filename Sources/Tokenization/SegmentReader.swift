import Glibc

/// Reads an open file in segments, each a line or, of a line longer than the buffer, a part that
/// ends at white space.
struct SegmentReader: ~Copyable {
    /// Bytes without their line feed, valid until the next call of `next`.
    struct Segment {
        let bytes: UnsafeRawBufferPointer
        /// Whether the line ends here.
        let endsLine: Bool
    }

    private let file: Int32
    private let name: String
    private let maximumBytes: Int
    /// What is left to read, or nil to read on to the end from where the file stands.
    private var range: Range<Int>?
    private var buffer: UnsafeMutableRawPointer
    private var capacity: Int
    /// What has been read and not returned lies in `start ..< filled`.
    private var start = 0
    private var filled = 0
    /// No line feed lies in `start ..< searched`.
    private var searched = 0
    private var atEnd = false
    private var lineIsOpen = false
    private var line = 1
    /// Bytes read so far.
    private(set) var bytesRead = 0

    /// Makes a reader of an open file.
    ///
    /// - Parameter range: If given, only these bytes are read, and the file's own position is left
    ///   alone.
    init(
        _ file: Int32, name: String, bufferBytes: Int, maximumStretchBytes: Int,
        range: Range<Int>? = nil
    ) {
        precondition(0 < bufferBytes && bufferBytes <= maximumStretchBytes)
        self.file = file
        self.name = name
        self.range = range
        maximumBytes = maximumStretchBytes
        capacity = bufferBytes
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// The next segment, or nil at the end.
    mutating func next() throws(TextStreamError) -> Segment? {
        while true {
            if searched < filled, let found = memchr(buffer + searched, 0x0A, filled - searched) {
                let end = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
                line += 1
                return take(upTo: end, skipping: 1, endsLine: true)
            }
            searched = filled
            if atEnd {
                return filled > start || lineIsOpen
                    ? take(upTo: filled, skipping: 0, endsLine: true) : nil
            }
            if filled == capacity, start > 0 { moveToFront() }
            if filled == capacity {
                if let end = lastWhiteSpace() {
                    return take(upTo: end, skipping: 1, endsLine: false)
                }
                try grow()
            }
            try fill()
        }
    }

    private mutating func take(upTo end: Int, skipping: Int, endsLine: Bool) -> Segment {
        let bytes = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
        start = end + skipping
        searched = max(start, searched)
        lineIsOpen = !endsLine
        return Segment(bytes: bytes, endsLine: endsLine)
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
        while true {
            let count =
                if let range {
                    pread(
                        file, buffer + filled, min(capacity - filled, range.count),
                        range.lowerBound)
                } else {
                    read(file, buffer + filled, capacity - filled)
                }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: name, reason: String(cString: strerror(errno)))
            }
            atEnd = count == 0
            filled += count
            bytesRead += count
            if let rest = range { range = rest.lowerBound + count..<rest.upperBound }
            return
        }
    }
}

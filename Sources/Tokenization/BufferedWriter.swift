import Glibc

/// Collects bytes for an open file. Unflushed bytes are lost.
struct BufferedWriter: ~Copyable {
    private let file: Int32
    private let name: String
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 19
    private var count = 0
    /// Size from which `flushIfFull` writes.
    private static let threshold = 1 << 18

    init(_ file: Int32, name: String) {
        self.file = file
        self.name = name
        buffer = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { buffer.deallocate() }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        buffer.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if capacity - count < bytes.count { grow(by: bytes.count) }
        guard let source = bytes.baseAddress else { return }
        memcpy(buffer + count, source, bytes.count)
        count += bytes.count
    }

    /// Writes the buffer if it exceeds the threshold.
    mutating func flushIfFull() throws(TextStreamError) {
        if count >= Self.threshold { try flush() }
    }

    /// Writes everything.
    mutating func flush() throws(TextStreamError) {
        var done = 0
        while done < count {
            let written = write(file, buffer + done, count - done)
            if written < 0 {
                if errno == EINTR { continue }
                throw .unwritable(path: name, reason: String(cString: strerror(errno)))
            }
            done += written
        }
        count = 0
    }

    private mutating func grow(by bytes: Int) {
        capacity = max(capacity * 2, count + bytes)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        memcpy(memory, buffer, count)
        buffer.deallocate()
        buffer = memory
    }
}

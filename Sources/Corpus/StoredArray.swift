import DurableFiles
import FileNames
import Glibc

/// A read-only array, either a part of a mapped file or with its own memory.
struct StoredArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: the memory is never written after `init`, and `owner` keeps it alive.
    private let elements: UnsafeBufferPointer<Element>
    private let owner: AnyObject
    /// File that contains the array or its original, and the array's offset in it.
    private let place: (file: VerifiedFile, offset: Int)?

    /// Makes an array with the elements of `array`.
    init(_ array: [Element]) {
        let memory = OwnedMemory<Element>(array)
        elements = UnsafeBufferPointer(memory.elements)
        owner = memory
        place = nil
    }

    /// The `count` elements at `offset` of `file`, or nil if they are out of bounds or not aligned.
    init?(_ file: VerifiedFile, offset: Int, count: Int) {
        let stride = MemoryLayout<Element>.stride
        let bytes = file.mapped.bytes
        let (size, overflow) = count.multipliedReportingOverflow(by: stride)
        guard !overflow, count >= 0, offset >= 0, offset <= bytes.count,
            size <= bytes.count - offset, offset % MemoryLayout<Element>.alignment == 0
        else { return nil }
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size])
        elements = part.bindMemory(to: Element.self)
        owner = file
        place = (file, offset)
    }

    /// A copy of the `count` elements at `offset` of `file`, for unaligned ones; nil if they are
    /// out of bounds. It is verified by the hashes of the file's bytes.
    init?(copying file: VerifiedFile, offset: Int, count: Int) {
        let bytes = file.mapped.bytes
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflow, count >= 0, offset >= 0, offset <= bytes.count,
            size <= bytes.count - offset
        else { return nil }
        let memory = OwnedMemory<Element>(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]), count: count)
        elements = UnsafeBufferPointer(memory.elements)
        owner = memory
        place = (file, offset)
    }

    /// Range of the array's bytes in the file; nil if it has its own memory.
    var byteRange: Range<Int>? {
        place.map { $0.offset..<$0.offset + count * MemoryLayout<Element>.stride }
    }

    /// Throws `CorpusError.damaged` if the elements of `range` do not match their hashes. Arrays
    /// with their own memory were verified before they were read.
    func verify(_ range: Range<Int>) throws(CorpusError) {
        guard let place else { return }
        let stride = MemoryLayout<Element>.stride
        try place.file.verify(
            place.offset + range.lowerBound * stride..<place.offset + range.upperBound * stride)
    }

    var count: Int { elements.count }

    subscript(index: Int) -> Element { elements[index] }

    /// Elements of `range`; valid while this array is alive.
    func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Element> {
        UnsafeBufferPointer(rebasing: elements[range])
    }
}

private final class OwnedMemory<Element: BitwiseCopyable> {
    let elements: UnsafeMutableBufferPointer<Element>

    init(_ array: [Element]) {
        elements = .allocate(capacity: array.count)
        _ = elements.initialize(from: array)
    }

    init(bytes: UnsafeRawBufferPointer, count: Int) {
        elements = .allocate(capacity: count)
        UnsafeMutableRawBufferPointer(elements).copyMemory(from: bytes)
    }

    deinit { elements.deallocate() }
}

/// A file mapped read-only, so that all processes of a node share one copy in memory.
final class MappedFile: @unchecked Sendable {
    // Unchecked: the mapping is only read.
    let bytes: UnsafeRawBufferPointer

    /// Maps the file at `path`.
    init(path: String) throws(FileError) {
        let descriptor = Patience.call {
            withSystemPath(path) { open($0, O_RDONLY | O_CLOEXEC) }
        }
        guard descriptor >= 0 else { throw systemError(path, "open it") }
        defer { close(descriptor) }
        var status = stat()
        guard Patience.call({ fstat(descriptor, &status) }) == 0 else {
            throw systemError(path, "ask for its size")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
            start != MAP_FAILED
        else { throw systemError(path, "map it into memory") }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }
}

/// Error of a system call on `path` that has just failed.
func systemError(_ path: String, _ action: String) -> FileError {
    let code = errno
    return FileError(
        code == ENOENT ? .missing : .inputOutput, path,
        "cannot \(action): \(String(cString: strerror(code)))")
}

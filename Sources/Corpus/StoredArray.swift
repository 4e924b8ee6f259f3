import DurableFiles
import FileNames
import Glibc

/// A read-only array that is a part of a mapped file, or has memory of its own.
struct StoredArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: the memory is never written after `init`, and `owner` keeps it alive.
    private let elements: UnsafeBufferPointer<Element>
    private let owner: AnyObject
    /// The file that the array is a part of, or a copy of a part of, and where it begins there.
    private let place: (file: VerifiedFile, offset: Int)?

    /// The elements of `array`.
    init(_ array: [Element]) {
        let memory = OwnedMemory<Element>(array)
        elements = UnsafeBufferPointer(memory.elements)
        owner = memory
        place = nil
    }

    /// The `count` elements at `offset` of `file`, or nil where they are not all inside of it or
    /// not aligned.
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

    /// A copy of the `count` elements at `offset` of `file`, for those that are not aligned there; nil where they are not
    /// all inside of it. It is verified as the file's bytes are.
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

    /// The bytes of the file that the array is; nil where it has memory of its own.
    var byteRange: Range<Int>? {
        place.map { $0.offset..<$0.offset + count * MemoryLayout<Element>.stride }
    }

    /// Throws `CorpusError.damaged` unless the elements of `range` are what they should be.
    /// Those with memory of their own were verified before they were read.
    func verify(_ range: Range<Int>) throws(CorpusError) {
        guard let place else { return }
        let stride = MemoryLayout<Element>.stride
        try place.file.verify(
            place.offset + range.lowerBound * stride..<place.offset + range.upperBound * stride)
    }

    var count: Int { elements.count }

    subscript(index: Int) -> Element { elements[index] }

    /// The elements of `range`; valid while this array lives.
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

/// A file mapped read-only: all processes of a node share one copy of it in memory.
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

/// The error of a system call on `path` that has just failed.
func systemError(_ path: String, _ action: String) -> FileError {
    let code = errno
    return FileError(
        code == ENOENT ? .missing : .inputOutput, path,
        "cannot \(action): \(String(cString: strerror(code)))")
}

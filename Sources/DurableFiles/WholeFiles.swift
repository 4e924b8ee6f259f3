import FileNames
import Glibc

/// Files read and written as a whole.
public enum WholeFiles {
    /// Writes a file so that a reader (even after a crash) finds either the old or the new content,
    /// never a part: temporary file in the same directory, fsync, rename, fsync of the directory. A
    /// symbolic link is kept, and its target is replaced. Anything but a plain file (a pipe, a
    /// device, a descriptor of this process) is written to directly.
    public static func writeAtomically(
        _ path: String, _ bytes: some Collection<UInt8>
    ) throws(FileError) {
        switch try Destination(path) {
        case .file(let target): try replace(target, bytes)
        case .stream(let target):
            let stream = try Descriptor.openForWriting(target)
            try writeAll(Array(bytes), stream)
            try stream.close()
        case .descriptor(let number):
            let stream = try Descriptor.duplicate(number, path)
            try writeAll(Array(bytes), stream)
            try stream.close()
        }
    }

    /// As above, with text as UTF-8.
    public static func writeAtomically(_ path: String, _ text: String) throws(FileError) {
        try writeAtomically(path, Array(text.utf8))
    }

    private static func replace(
        _ path: String, _ bytes: some Collection<UInt8>
    ) throws(FileError) {
        let parent = Paths.parent(of: path)
        let temporary = Paths.join(
            parent, ".\(Paths.name(of: path)).pending-\(TemporaryName.suffix())")
        do throws(FileError) {
            try write(bytes, to: temporary)
            guard withSystemPaths(temporary, path, { rename($0, $1) }) == 0 else {
                throw .system(path, "replace it", isWriting: true)
            }
        } catch {
            withSystemPath(temporary) { unlink($0) }
            throw error
        }
        try Durability.sync(parent)
    }

    /// Creates a file that `write` produces under a temporary name; it is synced and renamed once
    /// it is complete.
    ///
    /// - Throws: `FileError` if the path exists, and any error of `write`.
    public static func createAtomically(
        _ path: String, _ write: (_ temporary: String) throws -> Void
    ) throws {
        guard try Paths.kind(of: path) == .missing else { throw FileError.exists(path) }
        let parent = Paths.parent(of: path)
        try Paths.createDirectory(parent)
        // Undeletable leftovers of killed writers do not matter.
        _ = try? PendingDirectory.removeStale(in: parent)
        let temporary = Paths.join(
            parent, ".\(Paths.name(of: path)).pending-\(TemporaryName.suffix())")
        do {
            try write(temporary)
            try Durability.sync(temporary)
            try Paths.rename(temporary, to: path)
        } catch {
            withSystemPath(temporary) { unlink($0) }
            throw error
        }
    }

    /// Throws unless `writeAtomically` can be expected to succeed; called before long work whose
    /// result is written there.
    public static func requireWritable(_ path: String) throws(FileError) {
        guard try !Paths.isDirectory(path) else {
            throw FileError(.inputOutput, path, "cannot be written: it is a directory")
        }
        switch try Destination(path) {
        case .descriptor: return
        case .stream(let target):
            guard withSystemPath(target, { access($0, W_OK) }) == 0 else {
                throw .system(path, "write it", isWriting: true)
            }
        case .file(let target):
            let parent = Paths.parent(of: target)
            guard try Paths.isDirectory(parent) else {
                throw FileError(.inputOutput, path, "cannot be written: there is no such directory")
            }
            guard withSystemPath(parent, { access($0, W_OK | X_OK) }) == 0 else {
                throw .system(path, "write it", isWriting: true)
            }
        }
    }

    /// Whether `writeAtomically` replaces the file at a path, so that it can be written repeatedly;
    /// otherwise each write appends to a stream.
    public static func isReplaceable(_ path: String) throws(FileError) -> Bool {
        guard case .file = try Destination(path) else { return false }
        return true
    }

    /// Reads a file.
    /// - Parameters:
    ///   - maximumByteCount: a longer file is an error instead of an allocation.
    ///   - followingLinks: otherwise a symbolic link is an error.
    public static func read(
        _ path: String, maximumByteCount: Int, followingLinks: Bool = false
    ) throws(FileError) -> [UInt8] {
        try Patience.retrying { () throws(FileError) in
            try readOnce(path, maximumByteCount, followingLinks)
        }
    }

    private static func readOnce(
        _ path: String, _ maximumByteCount: Int, _ followingLinks: Bool
    ) throws(FileError) -> [UInt8] {
        let file = try Descriptor.open(path, followingLinks: followingLinks)
        let size = try file.plainFileSize()
        guard size <= maximumByteCount else {
            throw FileError(
                .badData, path, "has \(size) bytes, more than the \(maximumByteCount) expected")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        var filled = 0
        while filled < size {
            let count = try readMore(file, &bytes, from: filled)
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private static func readMore(
        _ file: borrowing Descriptor, _ bytes: inout [UInt8], from start: Int
    ) throws(FileError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(bytes.count - start, 1 << 20), alignment: 16)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer)
        bytes.withUnsafeMutableBytes {
            $0[start..<(start + count)].copyBytes(from: buffer[..<count])
        }
        return count
    }

    /// Writes a new file, syncs its bytes and closes it.
    static func write(_ bytes: some Collection<UInt8>, to path: String) throws(FileError) {
        let file = try Descriptor.create(path)
        let bytes = Array(bytes)
        try writeAll(bytes, file)
        try file.sync()
        try file.close()
    }

    private static func writeAll(
        _ bytes: [UInt8], _ file: borrowing Descriptor
    ) throws(FileError) {
        try withBytes(bytes) { (buffer) throws(FileError) in try file.write(buffer) }
    }

    private static func withBytes(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try body(buffer) }
        }
        try result.get()
    }
}

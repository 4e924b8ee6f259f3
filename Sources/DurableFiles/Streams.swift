import Glibc

/// A plain file with random access for reading.
public struct RandomAccessFile: ~Copyable {
    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Opens a file for reading. Symbolic links are followed, because Hugging Face's cache consists
    /// of them; anything but a plain file is rejected.
    public static func open(_ path: String) throws(FileError) -> RandomAccessFile {
        RandomAccessFile(
            try Patience.retrying { () throws(FileError) in
                try Descriptor.open(path, followingLinks: true)
            })
    }

    /// Size in bytes.
    public func byteCount() throws(FileError) -> Int { try descriptor.plainFileSize() }

    /// Fills the buffer, starting at `offset`; reaching the end of the file is an error.
    public func read(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = Patience.call {
                pread(descriptor.raw, rest.baseAddress, rest.count, offset + done)
            }
            guard count >= 0 else { throw .system(descriptor.path, "read it") }
            guard count > 0 else {
                throw FileError(
                    .badData, descriptor.path,
                    "ends at byte \(offset + done), \(rest.count) more were expected")
            }
            done += count
        }
    }
}

/// A new file that is written sequentially.
public struct SequentialFile: ~Copyable {
    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Creates a file that must not exist yet.
    public static func create(_ path: String) throws(FileError) -> SequentialFile {
        SequentialFile(try Descriptor.create(path))
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try descriptor.write(bytes)
    }

    /// Waits until all data is on storage, and closes the file.
    public consuming func close() throws(FileError) {
        try descriptor.sync()
        try descriptor.close()
    }
}

import FileNames
import Glibc

/// Owns one open file descriptor.
struct Descriptor: ~Copyable {
    private(set) var raw: Int32
    let path: String

    private init(raw: Int32, path: String) {
        self.raw = raw
        self.path = path
    }

    // After writing, this must not be the only close: see `close()`.
    deinit { if raw >= 0 { _ = Glibc.close(raw) } }

    /// Opens for reading; a symbolic link as the last component is rejected unless followed.
    static func open(
        _ path: String, followingLinks: Bool = false
    ) throws(FileError) -> Descriptor {
        // Non-blocking: a named pipe would wait for a writer before it can be rejected.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        let raw = withSystemPath(path) { Glibc.open($0, flags) }
        guard raw >= 0 else {
            if errno == ELOOP && !followingLinks {
                throw FileError(.badData, path, "is a symbolic link; only plain files are read")
            }
            throw .system(path, "open it")
        }
        return Descriptor(raw: raw, path: path)
    }

    /// Opens an existing pipe or device for writing.
    static func openForWriting(_ path: String) throws(FileError) -> Descriptor {
        let raw = Patience.call {
            withSystemPath(path) { Glibc.open($0, O_WRONLY | O_CLOEXEC | O_NOCTTY) }
        }
        guard raw >= 0 else { throw .system(path, "open it for writing", isWriting: true) }
        return Descriptor(raw: raw, path: path)
    }

    /// Makes another descriptor of what this process has open as `number`.
    static func duplicate(_ number: Int32, _ path: String) throws(FileError) -> Descriptor {
        let raw = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard raw >= 0 else { throw .system(path, "open it for writing", isWriting: true) }
        return Descriptor(raw: raw, path: path)
    }

    /// Closes, which is where some file systems report a failed write.
    consuming func close() throws(FileError) {
        let code = Glibc.close(raw)
        raw = -1
        guard code == 0 || errno == EINTR else {
            throw .system(path, "close it", isWriting: true)
        }
    }

    /// Creates a file that must not exist yet.
    static func create(_ path: String) throws(FileError) -> Descriptor {
        let raw = withSystemPath(path) {
            Glibc.open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        }
        guard raw >= 0 else { throw .system(path, "create it", isWriting: true) }
        return Descriptor(raw: raw, path: path)
    }

    /// Size, if it is a plain file.
    func plainFileSize() throws(FileError) -> Int {
        var information = stat()
        guard fstat(raw, &information) == 0 else { throw .system(path, "ask for its size") }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw FileError(.badData, path, "is no plain file")
        }
        return Int(information.st_size)
    }

    /// Fills the buffer up to the end of the file; returns the number of bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .system(path, "read it") }
        }
    }

    /// Writes all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(raw, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw .system(path, "write \(FreeSpace.text(bytes.count))", isWriting: true)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Waits until all data is on storage.
    func sync() throws(FileError) {
        // EINVAL: a file system that cannot sync directories, so there is nothing to wait for.
        guard fsync(raw) == 0 || errno == EINVAL else {
            throw .system(path, "sync it", isWriting: true)
        }
    }
}

/// Makes written data survive a crash of the machine.
public enum Durability {
    /// Syncs one file's bytes, or one directory's names.
    public static func sync(_ path: String) throws(FileError) {
        let file = try Patience.retrying { () throws(FileError) in
            try Descriptor.open(path, followingLinks: true)
        }
        try file.sync()
    }
}

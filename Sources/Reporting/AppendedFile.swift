import DurableFiles
import Glibc

/// A file that grows by whole pieces: each piece is handed to the system at once, and one that
/// could be written in part only (a full disk) is taken back.
final class AppendedFile {
    private let descriptor: Int32
    let path: String

    /// Opens for appending; creates what is missing.
    init(_ path: String) throws(FileError) {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let descriptor = Patience.call(path) { Glibc.open($0, flags, 0o666) }
        guard descriptor >= 0 else { throw AppendedFile.failure(path, "open it for appending") }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Appends all bytes or none.
    func append(_ bytes: [UInt8]) throws(FileError) {
        let start = lseek(descriptor, 0, SEEK_END)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = AppendedFile.failure(path, "append \(bytes.count) bytes to it")
                if start >= 0 { _ = ftruncate(descriptor, start) }
                throw error
            }
            done += count
        }
    }

    /// Drops all bytes behind the first `byteCount`, and waits until the storage knows.
    func cut(to byteCount: Int) throws(FileError) {
        guard ftruncate(descriptor, byteCount) == 0 else {
            throw AppendedFile.failure(path, "shorten it to \(byteCount) bytes")
        }
        try sync()
    }

    /// Waits until the storage has it all.
    func sync() throws(FileError) {
        // EINVAL: not a plain file (a pipe); there is nothing to wait for then.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw AppendedFile.failure(path, "sync it")
        }
    }

    private static func failure(_ path: String, _ action: String) -> FileError {
        let code = errno
        var text = "cannot \(action): \(String(cString: strerror(code)))"
        if code == ENOSPC || code == EDQUOT || code == EFBIG {
            text += "; make room or choose another run directory with --run"
        }
        return FileError(.inputOutput, path, text)
    }
}

import DurableFiles
import Glibc

/// A file that grows by whole records: each is written at once, and one that could only be written
/// in part (because the disk is full) is removed again.
final class AppendedFile {
    private let descriptor: Int32
    let path: String

    /// Opens for appending; creates a missing file.
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

    /// Removes all bytes after the first `byteCount`, and syncs.
    func cut(to byteCount: Int) throws(FileError) {
        guard ftruncate(descriptor, byteCount) == 0 else {
            throw AppendedFile.failure(path, "shorten it to \(byteCount) bytes")
        }
        try sync()
    }

    /// Waits until all data is on storage.
    func sync() throws(FileError) {
        // EINVAL: not a plain file (a pipe), so there is nothing to wait for.
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

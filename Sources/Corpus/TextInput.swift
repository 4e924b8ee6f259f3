import DurableFiles
import FileNames
import Glibc
import Tokenization

/// A file, or standard input, read in pieces.
struct TextInput: ~Copyable {
    /// Name for messages.
    let name: String
    private let descriptor: Int32

    /// Throws unless `path` can be read, without opening it, because a pipe can be opened only
    /// once.
    static func check(_ path: String) throws(FileError) {
        guard path != "-" else { return }
        var status = stat()
        guard Patience.call(path, { stat($0, &status) }) == 0,
            Patience.call(path, { access($0, R_OK) }) == 0
        else {
            throw systemError(path, "open it")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileError(.badData, path, "is a directory; name its text files")
        }
    }

    /// Opens `path`; "-" is standard input.
    init(path: String) throws(FileError) {
        if path == "-" {
            name = TextFault.standardInput
            descriptor = STDIN_FILENO
            return
        }
        name = path
        let opened = Patience.call {
            withSystemPath(path) { open($0, O_RDONLY | O_CLOEXEC) }
        }
        guard opened >= 0 else { throw systemError(path, "open it") }
        posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL)
        descriptor = opened
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Appends up to `count` bytes to `buffer`: fewer only at the end of the input.
    func read(_ count: Int, into buffer: inout [UInt8]) throws(FileError) {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        var filled = start
        while filled < buffer.count {
            let got = buffer.withUnsafeMutableBytes { bytes in
                Patience.call {
                    Glibc.read(
                        descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled)
                }
            }
            guard got >= 0 else { throw systemError(name, "read it") }
            if got == 0 { break }
            filled += got
        }
        buffer.removeSubrange(filled...)
    }
}

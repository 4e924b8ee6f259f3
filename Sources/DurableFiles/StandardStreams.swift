import FileNames
import Glibc

/// The three descriptors that every process starts with.
public enum StandardStreams {
    /// Opens closed standard streams; must be the first thing that a program does.
    ///
    /// A standard stream that was closed stays unusable, but its number is reserved. Otherwise the
    /// next opened file would get the number, and messages would be written into that file.
    public static func prepare() {
        for (number, flags) in [(0, O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)] as [(Int32, Int32)]
        where fcntl(number, F_GETFD) < 0 {
            // The system assigns the lowest free number.
            _ = open("/dev/null", flags)
        }
    }

    /// Writes all of a text to standard output, unbuffered.
    ///
    /// - Throws: `FileError` if writing fails, because a command's result is then lost.
    public static func write(_ text: String) throws(FileError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system("standard output", "write it", isWriting: true) }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes a human-readable line to standard output, unbuffered; bytes of file names that are
    /// not UTF-8 are shown as `\xE4`.
    ///
    /// - Throws: as ``write(_:)``.
    public static func writeLine(_ line: String) throws(FileError) {
        try write(FileName.visible(line) + "\n")
    }

    /// Writes a human-readable message to standard error, in one piece, as ``writeLine(_:)`` does.
    /// Errors are ignored.
    public static func tell(_ message: String) {
        let line = Array("\(FileName.visible(message))\n".utf8)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }
}

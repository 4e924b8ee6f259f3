public import ExitCoding
import Glibc

/// A failed operation on files: what, where, why, and what to do about it.
public struct FileError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// Whose fault it is; decides the exit code.
    public enum Cause: Sendable, Equatable {
        /// Something that should be there is not.
        case missing
        /// The content is not what it should be.
        case badData
        /// The system refused.
        case inputOutput
    }

    /// Whose fault it is.
    public let cause: Cause
    /// The file or directory.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String

    /// An error found by a check.
    public init(_ cause: Cause, _ path: String, _ message: String) {
        self.cause = cause
        self.path = path
        self.message = message
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch cause {
        case .missing: ExitStatus.missingInput
        case .badData: ExitStatus.badData
        case .inputOutput: ExitStatus.inputOutput
        }
    }

    /// Path and message on one line.
    public var description: String { "\(path): \(message)".printable }

    /// The error of a system call that has just failed: reads `errno`.
    ///
    /// - Parameter isWriting: something was to be made; then a directory that is not there is no
    ///   missing input.
    static func system(_ path: String, _ action: String, isWriting: Bool = false) -> FileError {
        let code = errno
        var text = "cannot \(action): \(String(cString: strerror(code)))"
        if code == ENOSPC || code == EDQUOT, let free = try? FreeSpace.bytes(at: path) {
            text += "; \(FreeSpace.text(free)) are free there: delete something or choose"
            text += " another directory"
        }
        return FileError(code == ENOENT && !isWriting ? .missing : .inputOutput, path, text)
    }
}

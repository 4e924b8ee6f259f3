public import ExitCoding
import Glibc

/// A failed file operation: the file, the cause, and what to do.
public struct FileError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// Cause of the error, which determines the exit code.
    public enum Cause: Sendable, Equatable {
        /// A required file is missing.
        case missing
        /// The content is invalid.
        case badData
        /// The system reported an error.
        case inputOutput
        /// The output exists already.
        case exists
    }

    /// Cause of the error.
    public let cause: Cause
    /// The file or directory.
    public let path: String
    /// The fault, and how to fix it.
    public let message: String
    /// The `errno` of the system call that failed; 0 if a check found the error.
    let systemError: Int32

    /// An error found by a check.
    public init(_ cause: Cause, _ path: String, _ message: String) {
        self.cause = cause
        self.path = path
        self.message = message
        systemError = 0
    }

    private init(_ cause: Cause, _ path: String, _ message: String, systemError: Int32) {
        self.cause = cause
        self.path = path
        self.message = message
        self.systemError = systemError
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch cause {
        case .missing: ExitStatus.missingInput
        case .badData: ExitStatus.badData
        case .inputOutput: ExitStatus.inputOutput
        case .exists: ExitStatus.cannotCreate
        }
    }

    /// Error for an existing path of a new file or directory.
    static func exists(
        _ path: String, remedy: String = "choose another name, or move it away"
    ) -> FileError {
        FileError(.exists, path, "exists already and is not replaced; \(remedy)")
    }

    /// Path and message on one line.
    public var description: String { "\(path): \(message)".printable }

    /// Makes the error of a system call that has just failed, from `errno`.
    ///
    /// - Parameter isWriting: whether something was being created; a missing directory is then not
    ///   a missing input.
    static func system(_ path: String, _ action: String, isWriting: Bool = false) -> FileError {
        let code = errno
        var text = "cannot \(action): \(String(cString: strerror(code)))"
        if code == EFBIG {
            text += "; a limit of this process on the size of files, see `ulimit -f`"
        }
        // The free space is only a hint here.
        if code == ENOSPC || code == EDQUOT, let free = try? FreeSpace.bytes(at: path) {
            text += "; \(FreeSpace.text(free)) are free there: delete something or choose"
            text += " another directory"
        }
        return FileError(
            [ENOENT, ENOTDIR].contains(code) && !isWriting ? .missing : .inputOutput, path, text,
            systemError: code)
    }
}

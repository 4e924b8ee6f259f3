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
        /// The output exists already.
        case exists
    }

    /// Whose fault it is.
    public let cause: Cause
    /// The file or directory.
    public let path: String
    /// The fault, and what to do.
    public let message: String
    /// The `errno` of the system call that failed; 0 where a check found the error.
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

    /// The path of a new file or directory exists already.
    static func exists(
        _ path: String, remedy: String = "choose another name, or move it away"
    ) -> FileError {
        FileError(.exists, path, "exists already and is not replaced; \(remedy)")
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

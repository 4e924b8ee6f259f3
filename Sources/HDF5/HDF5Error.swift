public import ExitCoding
import Glibc

/// A failed call of the HDF5 library, or a file that is not what the caller asked for.
public struct HDF5Error: ExitCoded, Sendable, CustomStringConvertible {
    /// Whose fault it is; decides the exit code.
    public enum Cause: Sendable, Equatable {
        /// The file or the object in it does not exist.
        case missing
        /// The file is not HDF5, is damaged, or holds something else than asked for.
        case badData
        /// The system refused to read or write.
        case inputOutput
    }

    /// One frame of the library's error stack.
    public struct Frame: Sendable, Equatable {
        /// The library's internal function that failed.
        public let function: String
        /// The library's message.
        public let message: String
    }

    /// Whose fault it is.
    public let cause: Cause
    /// The C function that failed, or nil if this wrapper found the fault.
    public let function: String?
    /// The failed operation and its place: file, object.
    public let message: String
    /// The library's error stack, innermost cause first; empty if this wrapper found the fault.
    public let stack: [Frame]

    init(_ cause: Cause, _ message: String, function: String? = nil, stack: [Frame] = []) {
        // What the system refuses to read says nothing about the file.
        let code = Self.systemError(of: stack)
        self.cause = cause == .badData && code != 0 && code != EISDIR ? .inputOutput : cause
        self.message = message
        self.function = function
        self.stack = stack
    }

    /// The `errno` of the system call that failed; 0 if none did.
    var systemError: Int32 { Self.systemError(of: stack) }

    /// The library tells it in its messages only: "file read failed: …, errno = 5, …".
    private static func systemError(of stack: [Frame]) -> Int32 {
        for frame in stack {
            guard let mark = frame.message.firstRange(of: "errno = ") else { continue }
            return Int32(frame.message[mark.upperBound...].prefix { $0.isNumber }) ?? 0
        }
        return 0
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch cause {
        case .missing: ExitStatus.missingInput
        case .badData: ExitStatus.badData
        case .inputOutput: ExitStatus.inputOutput
        }
    }

    /// Operation, place and cause on one line.
    public var description: String {
        var text = message
        if let first = stack.first { text += ": \(first.message)" }
        if let function { text += " (\(function))" }
        return text.printable
    }
}

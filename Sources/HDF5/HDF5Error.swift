public import ExitCoding
import Glibc

/// A failed call of the HDF5 library, or a file that does not have the requested content.
public struct HDF5Error: ExitCoded, Sendable, CustomStringConvertible {
    /// Cause of the error, which determines the exit code.
    public enum Cause: Sendable, Equatable {
        /// The file or the object in it does not exist.
        case missing
        /// The file is not HDF5, is damaged, or contains something other than requested.
        case badData
        /// The system failed to read or write.
        case inputOutput
        /// The system failed to allocate memory.
        case memory
    }

    /// One frame of the library's error stack.
    public struct Frame: Sendable, Equatable {
        /// The library's internal function that failed.
        public let function: String
        /// The library's message.
        public let message: String
        /// Whether the cause is a lack of space: of memory, unless the message has an `errno`.
        public internal(set) var isShortage: Bool
    }

    /// Cause of the error.
    public let cause: Cause
    /// The C function that failed, or nil if this wrapper found the fault.
    public let function: String?
    /// The failed operation and its place: file, object.
    public let message: String
    /// The library's error stack, innermost cause first; empty if this wrapper found the fault.
    public let stack: [Frame]

    init(_ cause: Cause, _ message: String, function: String? = nil, stack: [Frame] = []) {
        self.cause = Self.cause(cause, code: Self.systemError(of: stack), innermost: stack.first)
        self.message = message
        self.function = function
        self.stack = stack
    }

    /// Actual cause, given the caller's `cause` and the underlying failure.
    private static func cause(_ cause: Cause, code: Int32, innermost: Frame?) -> Cause {
        if code == 0, innermost?.isShortage == true { return .memory }
        // A failed read by the system says nothing about the file's content.
        return cause == .badData && code != 0 && code != EISDIR ? .inputOutput : cause
    }

    /// The `errno` of the system call that failed; 0 if none did.
    var systemError: Int32 { Self.systemError(of: stack) }

    /// The library reports it in its messages only: "file read failed: …, errno = 5, …".
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
        case .memory: ExitStatus.system
        }
    }

    private var advice: String? {
        switch cause {
        case .memory:
            "the system refuses memory: see `ulimit -v` and the limits of the job, or start fewer ranks"
        case .inputOutput where Self.writing.contains(function ?? ""): "is the disk full?"
        default: nil
        }
    }

    /// Functions that write numbers, or cached ones.
    private static let writing: Set = ["H5Dwrite", "H5Dflush", "H5Fflush"]

    /// Operation, place and cause on one line.
    public var description: String {
        var text = message
        if let advice { text += "; \(advice)" }
        if let first = stack.first { text += ": \(first.message)" }
        if let function { text += " (\(function))" }
        return text.printable
    }
}

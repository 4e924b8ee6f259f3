public import ExitCoding

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
        /// What it reported.
        public let message: String
    }

    /// Whose fault it is.
    public let cause: Cause
    /// The C function that failed, or nil if this wrapper found the fault.
    public let function: String?
    /// What was tried and where: file, object.
    public let message: String
    /// The library's error stack, innermost cause first; empty if this wrapper found the fault.
    public let stack: [Frame]

    init(_ cause: Cause, _ message: String, function: String? = nil, stack: [Frame] = []) {
        self.cause = cause
        self.message = message
        self.function = function
        self.stack = stack
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch cause {
        case .missing: ExitStatus.missingInput
        case .badData: ExitStatus.badData
        case .inputOutput: ExitStatus.inputOutput
        }
    }

    /// What, where and why, on one line.
    public var description: String {
        var text = message
        if let first = stack.first { text += ": \(first.message)" }
        if let function { text += " (\(function))" }
        return text.printable
    }
}

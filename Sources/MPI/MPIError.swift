import CMPI
public import ExitCoding

/// A failed MPI call: the function, its code, and the library's message.
public struct MPIError: ExitCoded, Equatable, CustomStringConvertible {
    /// Error code of the implementation.
    public let code: Int32
    /// The MPI function that returned `code`, for example `MPI_Isend`.
    public let function: String
    /// Text of `MPI_Error_string`, or this package's own if the library did not report the error.
    public let message: String

    /// Exit status of a communication failure.
    public var exitCode: Int32 { ExitStatus.inputOutput }

    /// Description of the failure and its cause, on one line.
    public var description: String { "\(function) failed (code \(code)): \(message)" }

    /// Class of the error, which unlike the code means the same in every implementation.
    public var category: Category {
        var value: Int32 = 0
        guard cmpi_error_class(code, &value) == cmpi_success() else { return .other }
        switch value {
        case cmpi_error_truncate(): return .truncated
        case cmpi_error_rank(): return .rank
        case cmpi_error_tag(): return .tag
        case cmpi_error_op(): return .operation
        case cmpi_error_count(): return .count
        default: return .other
        }
    }

    /// Classes of error that callers may want to distinguish.
    public enum Category: Sendable {
        /// A message was longer than the receive buffer.
        case truncated
        /// A rank is outside the communicator.
        case rank
        /// A tag is outside the implementation's range.
        case tag
        /// A reduction that is undefined for the element type.
        case operation
        /// A count that is negative, or exceeds MPI's 32 bits.
        case count
        /// Anything else.
        case other
    }

    init(code: Int32, function: String, message: String) {
        self.code = code
        self.function = function
        self.message = message
    }

    init(code: Int32, function: String) {
        let text = readText(capacity: cmpi_max_error_string()) { cmpi_error_string(code, $0, $1) }
        self.init(code: code, function: function, message: text ?? "the library gave no text")
    }
}

/// Throws unless `code` is `MPI_SUCCESS`. Every call of the wrapper goes through it.
func check(_ code: Int32, _ function: StaticString) throws(MPIError) {
    if code != cmpi_success() { throw MPIError(code: code, function: "\(function)") }
}

/// Reads a text that MPI writes into a fixed-size buffer; nil if the call fails.
func readText(
    capacity: Int32,
    _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
    var length: Int32 = 0
    var succeeded = false
    let text = String(unsafeUninitializedCapacity: Int(capacity) + 1) { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
            guard let start = characters.baseAddress else { return 0 }
            succeeded = call(start, &length) == cmpi_success()
            return succeeded ? max(0, min(Int(length), Int(capacity))) : 0
        }
    }
    return succeeded ? text : nil
}

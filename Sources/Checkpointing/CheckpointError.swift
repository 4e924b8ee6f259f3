public import ExitCoding

/// An error in a checkpoint or model directory.
public struct CheckpointError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// Cause of the error, which determines the exit code.
    public enum Cause: Sendable, Equatable {
        /// The checkpoint, or a part of it, is missing.
        case missing
        /// The content is damaged, of another model, or of another format.
        case badData
    }

    /// Cause of the error.
    public let cause: Cause
    /// The file or directory.
    public let path: String
    /// The fault, and how to fix it.
    public let message: String

    package init(_ cause: Cause, _ path: String, _ message: String) {
        self.cause = cause
        self.path = path
        self.message = message
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 { cause == .missing ? ExitStatus.missingInput : ExitStatus.badData }

    /// Path and message on one line.
    public var description: String { "\(path): \(message)".printable }

    /// "a, b, c and 5 more".
    package static func list(_ names: [String], showing limit: Int = 3) -> String {
        let shown = names.prefix(limit).joined(separator: ", ")
        return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
    }
}

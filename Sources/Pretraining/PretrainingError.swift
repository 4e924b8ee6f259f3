public import ExitCoding

/// An error that prevents a run from starting or continuing.
public struct PretrainingError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// Exit status of sysexits(3).
    public let exitCode: Int32
    /// Description of the problem: what, where, why, and what to do.
    public let description: String

    private init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// Inconsistent settings.
    public static func configuration(_ text: String) -> PretrainingError {
        PretrainingError(ExitStatus.configuration, text)
    }

    /// Invalid data.
    public static func data(_ text: String) -> PretrainingError {
        PretrainingError(ExitStatus.badData, text)
    }

    /// Missing input.
    public static func missing(_ text: String) -> PretrainingError {
        PretrainingError(ExitStatus.missingInput, text)
    }
}

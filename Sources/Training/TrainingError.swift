public import ExitCoding

/// Why a run cannot start or go on.
public struct TrainingError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// The exit status of sysexits(3) that fits.
    public let exitCode: Int32
    /// What, where, why, and what to do.
    public let description: String

    private init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// Settings that do not go together.
    public static func configuration(_ text: String) -> TrainingError {
        TrainingError(ExitStatus.configuration, text)
    }

    /// Data that are wrong.
    public static func data(_ text: String) -> TrainingError {
        TrainingError(ExitStatus.badData, text)
    }

    /// Something to read is not there.
    public static func missing(_ text: String) -> TrainingError {
        TrainingError(ExitStatus.missingInput, text)
    }
}

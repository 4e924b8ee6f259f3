import ExitCoding

/// How readers refuse files.
enum Refusal {
    /// Exit statuses that documents promise for files that cannot be read.
    static let statuses: Set<Int32> = [
        ExitStatus.usage, ExitStatus.badData, ExitStatus.missingInput, ExitStatus.inputOutput,
        ExitStatus.configuration,
    ]

    /// The exit status of an error; nil where it has none.
    static func status(of error: any Error) -> Int32? { (error as? any ExitCoded)?.exitCode }
}

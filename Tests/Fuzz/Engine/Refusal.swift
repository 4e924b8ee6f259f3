import ExitCoding

/// Ways in which readers reject files.
enum Refusal {
    /// Exit statuses that the documents specify for unreadable files.
    static let statuses: Set<Int32> = [
        ExitStatus.usage, ExitStatus.badData, ExitStatus.missingInput, ExitStatus.inputOutput,
        ExitStatus.configuration,
    ]

    /// Exit status of an error; nil if it has none.
    static func status(of error: any Error) -> Int32? { (error as? any ExitCoded)?.exitCode }
}

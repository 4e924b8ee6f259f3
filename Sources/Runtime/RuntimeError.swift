public import ExitCoding

/// Why this process cannot run here: the job, its host or its limits do not allow it.
public struct RuntimeError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// `EX_CONFIG` (78): another launch, a smaller model or a higher limit helps.
    public var exitCode: Int32 { ExitStatus.configuration }
    /// What, where, why, and what to do.
    public let description: String

    /// An error with the message `description`.
    package init(_ description: String) { self.description = description }
}

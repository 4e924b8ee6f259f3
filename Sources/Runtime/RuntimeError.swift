public import ExitCoding

/// An error that prevents this process from running here, because of the job, its host or its
/// limits.
public struct RuntimeError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
    /// `EX_CONFIG` (78): another launch, a smaller model or a higher limit helps.
    public var exitCode: Int32 { ExitStatus.configuration }
    /// Description of the problem: what, where, why, and what to do.
    public let description: String

    /// An error with the message `description`.
    package init(_ description: String) { self.description = description }
}

import FileNames

/// Options of `bert-train pretrain`.
public struct RunOptions {
    /// Policy for resuming from a checkpoint.
    public enum Resume: Sendable, Equatable {
        /// From the newest good checkpoint of the run directory, if there is one.
        case auto
        /// From the start; the run directory must contain no checkpoint.
        case never
        /// From this checkpoint, or the newest good one of this run directory.
        case path(String)
    }

    /// The configuration, not yet resolved.
    public var configuration: RunConfiguration
    /// The run directory.
    public var directory: String
    /// Policy for resuming from a checkpoint.
    public var resume: Resume
    /// Whether settings that affect the course of training may differ from the checkpoint's.
    public var allowsChanges: Bool
    /// End of the job in `MonotonicClock.seconds`, if known.
    public var endTime: Double?
    /// Command line that started it.
    public var command = CommandLineArguments.all

    /// Options for a run of `configuration` in `directory`, by default `run.directory/run.name`.
    public init(
        configuration: RunConfiguration, directory: String? = nil, resume: Resume = .auto,
        allowsChanges: Bool = false, endTime: Double? = nil
    ) {
        self.configuration = configuration
        self.directory =
            directory ?? "\(configuration.run.directory)/\(configuration.run.name)"
        self.resume = resume
        self.allowsChanges = allowsChanges
        self.endTime = endTime
    }
}

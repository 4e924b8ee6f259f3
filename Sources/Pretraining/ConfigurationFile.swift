import DurableFiles

/// `config.yaml` of a run directory: the run's configuration with all keys resolved.
///
/// A run rewrites it at every start, but never overwrites a file that a person put there, because
/// runs may be in the same directory as their configurations.
struct ConfigurationFile {
    private let path: String

    private static let heading = """
        # Every key of this run, resolved. The run writes this file whenever it starts: to change
        # something, copy it elsewhere.

        """

    /// The file in `directory`.
    init(run directory: String) {
        path = Paths.join(directory, "config.yaml")
    }

    /// - Throws: `PretrainingError` (78) if the file exists and was not written by a run.
    func check() throws {
        guard try Paths.exists(path) else { return }
        let text = try WholeFiles.read(path, maximumByteCount: 1 << 20)
        guard text.starts(with: Self.heading.utf8) else {
            throw PretrainingError.configuration(
                "\(path) was not written by a run, which would write it anew: move it away, or "
                    + "choose another run directory (--run, run.name)")
        }
    }

    /// Writes `configuration`.
    func write(_ configuration: RunConfiguration) throws {
        try WholeFiles.writeAtomically(path, Self.heading + configuration.yaml)
    }
}

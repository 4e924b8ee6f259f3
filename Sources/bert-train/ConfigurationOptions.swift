import ArgumentParser

/// `--set`.
struct OverrideOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Overrides a key of the configuration (bert-train keys lists those of pre-training).",
            valueName: "key.path=value"))
    var set: [String] = []
}

/// `--set` and `--run`: overrides of a run's file.
struct RunDirectoryOptions: ParsableArguments {
    @OptionGroup var overrides: OverrideOptions
    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The directory of the run or of the results (default: that of the configuration).",
            valueName: "directory"))
    var directory: String?
}

/// `--config`, `--set` and `--run` of commands that need a file.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("The configuration, YAML.", valueName: "file"))
    var file: String
    @OptionGroup var run: RunDirectoryOptions

    /// The arguments of `--set`.
    var overrides: [String] { run.overrides.set }
}

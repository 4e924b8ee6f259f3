public import Formats

extension FineTuningConfiguration {
    /// Reads a YAML file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Throws: `ConfigurationError` listing every problem, each with its file and line or its
    ///   argument.
    public static func load(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> FineTuningConfiguration {
        try read(path: path, overrides: overrides).get()
    }

    /// Reads a YAML file as `load` does, but returns the valid settings together with the problems.
    ///
    /// - Throws: `ConfigurationError` if nothing can be read: the file is missing, is not YAML, or
    ///   belongs to another program.
    public static func read(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> ConfigurationReading<FineTuningConfiguration> {
        try read(YAMLReader.text(ofFile: path), name: path, overrides: overrides)
    }

    /// Parses a configuration from text; `name` stands for the file in messages.
    ///
    /// - Throws: `ConfigurationError`, as `load`.
    public static func parse(
        _ text: String, name: String, overrides: [String] = []
    ) throws(ConfigurationError) -> FineTuningConfiguration {
        try read(text, name: name, overrides: overrides).get()
    }

    /// Parses a configuration from text as `parse` does, but returns the valid settings together
    /// with the problems.
    package static func read(
        _ text: String, name: String, overrides: [String] = []
    ) throws(ConfigurationError) -> ConfigurationReading<FineTuningConfiguration> {
        var reader = TreeReader()
        let tree = try YAMLTree.document(
            text, name: name, overrides: overrides, faults: &reader.faults)
        try ConfigurationPurpose.fineTuning.check(tree, name: name)
        var configuration = FineTuningConfiguration()
        reader.read(tree, "", into: &configuration, fields)
        // Problems of keys that could not be read may only be consequences.
        let unread = reader.faults.unread
        for inconsistency in configuration.inconsistencies
        where !inconsistency.paths.contains(where: unread.affect) {
            reader.fail(tree.origin, inconsistency.message, about: inconsistency.paths[0])
        }
        return ConfigurationReading(configuration, reader.faults)
    }
}

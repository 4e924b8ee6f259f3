public import Formats

extension FineTuningConfiguration {
    /// Reads a YAML file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, each with file and line or the
    ///   argument.
    public static func load(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> FineTuningConfiguration {
        try parse(YAMLReader.text(ofFile: path), name: path, overrides: overrides)
    }

    /// Reads a configuration from text; `name` stands for the file in messages.
    ///
    /// - Throws: `ConfigurationError`, as `load`.
    public static func parse(
        _ text: String, name: String, overrides: [String] = []
    ) throws(ConfigurationError) -> FineTuningConfiguration {
        var reader = TreeReader()
        let tree = try YAMLTree.document(
            text, name: name, overrides: overrides, problems: &reader.problems)
        try ConfigurationPurpose.fineTuning.check(tree, name: name)
        var configuration = FineTuningConfiguration()
        reader.read(tree, "", into: &configuration, fields)
        if reader.problems.isEmpty {
            for problem in configuration.inconsistencies { reader.fail(tree.origin, problem) }
        }
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
        return configuration
    }
}

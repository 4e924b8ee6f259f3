public import Formats

extension RunConfiguration {
    /// Reads a configuration file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Parameters:
    ///   - path: the YAML file; nil starts from the defaults.
    ///   - overrides: arguments of `--set`, each `key.path=value` with a YAML value. A mapping is
    ///     merged key by key, anything else replaces what the file says.
    /// - Throws: `ConfigurationError` with everything that is wrong, each with file and line or
    ///   the argument.
    public static func load(
        path: String?, overrides: [String] = []
    ) throws(ConfigurationError) -> RunConfiguration {
        guard let path else { return try parse("", name: "defaults", overrides: overrides) }
        return try parse(
            try YAMLReader.text(ofFile: path), name: path, overrides: overrides,
            runName: runName(ofFile: path))
    }

    /// The run's name where the file at `path` gives none: the file's, without its extension. The default is that of the
    /// quick start, whose run is none of the file's.
    private static func runName(ofFile path: String) -> String? {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { Substring($0) } ?? ""
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
        return ValueKind<String>.isFolderName(String(stem)) ? String(stem) : nil
    }

    /// Reads a configuration from text.
    ///
    /// - Parameters:
    ///   - name: stands for the file in messages.
    ///   - runName: `run.name` where the text gives none; nil leaves the default.
    /// - Throws: `ConfigurationError`, as `load`.
    public static func parse(
        _ text: String, name: String, overrides: [String] = [], runName: String? = nil
    ) throws(ConfigurationError) -> RunConfiguration {
        var problems: [ConfigurationError.Problem] = []
        let document = try YAMLTree.document(
            text, name: name, overrides: overrides, problems: &problems)
        try ConfigurationPurpose.pretraining.check(document, name: name)
        let tree = IneffectiveOverrides(in: document).honouringPreset
        var decoder = ConfigurationDecoder()
        var configuration = decoder.decode(tree)
        problems += decoder.problems
        if problems.isEmpty { problems = IneffectiveOverrides(in: tree).problems(configuration) }
        if let runName, tree.value(at: "run.name") == nil { configuration.run.name = runName }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return configuration
    }
}

public import Formats

extension RunConfiguration {
    /// Reads a configuration file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Parameters:
    ///   - path: the YAML file; nil starts from the defaults.
    ///   - overrides: arguments of `--set`, each `key.path=value` with a YAML value. A mapping is
    ///     merged key by key; any other value replaces the file's.
    /// - Throws: `ConfigurationError` listing every problem, each with its file and line or its
    ///   argument.
    public static func load(
        path: String?, overrides: [String] = []
    ) throws(ConfigurationError) -> RunConfiguration {
        guard let path else { return try parse("", name: "defaults", overrides: overrides) }
        return try read(path: path, overrides: overrides).get()
    }

    /// Reads a configuration file as `load` does, but returns the valid settings together with the
    /// problems.
    ///
    /// - Throws: `ConfigurationError` if nothing can be read: the file is missing, is not YAML, or
    ///   belongs to another program.
    public static func read(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> ConfigurationReading<RunConfiguration> {
        try read(
            try YAMLReader.text(ofFile: path), name: path, overrides: overrides,
            runName: runName(ofFile: path))
    }

    /// Name of a run whose file at `path` sets none: the file's name without its extension. The
    /// default name belongs to the quick start, and no other run may share its directory.
    private static func runName(ofFile path: String) -> String {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { Substring($0) } ?? ""
        return String(name.lastIndex(of: ".").map { name[..<$0] } ?? name)
    }

    /// Parses a configuration from text.
    ///
    /// - Parameters:
    ///   - name: stands for the file in messages.
    ///   - runName: `run.name` if the text sets none; nil keeps the default.
    /// - Throws: `ConfigurationError`, as `load`.
    public static func parse(
        _ text: String, name: String, overrides: [String] = [], runName: String? = nil
    ) throws(ConfigurationError) -> RunConfiguration {
        try read(text, name: name, overrides: overrides, runName: runName).get()
    }

    /// Parses a configuration from text as `parse` does, but returns the valid settings together
    /// with the problems.
    package static func read(
        _ text: String, name: String, overrides: [String] = [], runName: String? = nil
    ) throws(ConfigurationError) -> ConfigurationReading<RunConfiguration> {
        var faults = ConfigurationFaults()
        let document = try YAMLTree.document(
            text, name: name, overrides: overrides, faults: &faults)
        try ConfigurationPurpose.pretraining.check(document, name: name)
        let tree = IneffectiveOverrides(in: document).honouringPreset
        var decoder = ConfigurationDecoder(faults)
        var configuration = decoder.decode(tree)
        faults = decoder.faults
        for (path, problem) in IneffectiveOverrides(in: tree).problems(
            configuration, unread: faults.unread)
        {
            faults.add(problem, about: path)
        }
        if let runName, tree.value(at: "run.name") == nil {
            configuration.run.name = runName
            if !ValueKind<String>.isFolderName(runName) {
                faults.add(
                    .init(
                        location: printable(name),
                        message:
                            "run.name is missing, and the file's name cannot name a folder (at "
                            + "most 200 bytes, not . or ..); set run.name"), about: "run.name")
            }
        }
        return ConfigurationReading(configuration, faults)
    }
}

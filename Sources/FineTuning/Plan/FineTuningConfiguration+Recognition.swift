public import Configuration

extension FineTuningConfiguration {
    /// Whether the YAML file at `path` is one of fine-tuning, by its keys, rather than of pre-training.
    ///
    /// - Throws: `ConfigurationError` where it cannot be read, or is no mapping.
    public static func isMeant(byFile path: String) throws(ConfigurationError) -> Bool {
        var problems: [ConfigurationError.Problem] = []
        let tree = try YAMLTree.document(
            RunConfiguration.readFile(path), name: path, overrides: [], problems: &problems)
        guard case .mapping(let entries) = tree.content else { return false }
        return entries.contains { ["tasks", "checkpoints"].contains($0.key) }
    }
}

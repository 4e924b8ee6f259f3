public import Configuration

extension FineTuningConfiguration {
    /// Reads a YAML file, applies `--set` arguments in order, and checks the result.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong, each with file and line or the
    ///   argument.
    public static func load(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> FineTuningConfiguration {
        let document = try ConfigurationDocument.load(path: path, overrides: overrides)
        return try FineTuningConfiguration(ConfigurationNode(document))
    }
}

extension ConfigurationNode {
    fileprivate init(_ document: ConfigurationDocument) {
        let content: Content =
            switch document.value {
            case .null: .null
            case .boolean(let value): .boolean(value)
            case .number(let text): .number(text)
            case .text(let text): .text(text)
            case .list(let items): .list(items.map { ConfigurationNode($0) })
            case .mapping(let entries):
                .mapping(
                    entries.map {
                        Entry(
                            key: $0.key, location: $0.location, value: ConfigurationNode($0.value))
                    })
            }
        self.init(content: content, location: document.location)
    }
}

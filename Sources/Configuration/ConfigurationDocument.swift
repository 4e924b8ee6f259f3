/// A YAML file with `--set` arguments laid over it, for configurations of another shape than
/// `RunConfiguration`: scalars are told apart, everything else is the reader's.
package struct ConfigurationDocument {
    /// What stands at a place.
    package indirect enum Value {
        case null
        case boolean(Bool)
        /// A finite number, as it was written.
        case number(String)
        case text(String)
        case list([ConfigurationDocument])
        case mapping([(key: String, location: String, value: ConfigurationDocument)])
    }

    /// What stands there.
    package let value: Value
    /// `FILE:LINE` or `--set ARGUMENT`.
    package let location: String

    /// Reads a file and applies `--set` arguments in order.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong.
    package static func load(
        path: String, overrides: [String] = []
    ) throws(ConfigurationError) -> ConfigurationDocument {
        var problems: [ConfigurationError.Problem] = []
        let tree = try YAMLTree.document(
            RunConfiguration.readFile(path), name: path, overrides: overrides, problems: &problems)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return ConfigurationDocument(tree)
    }

    private init(_ tree: YAMLTree) {
        location = tree.origin.location
        switch tree.content {
        case .scalar(let text, let plain):
            if !plain {
                value = .text(text)
            } else if tree.isNull {
                value = .null
            } else if let flag = YAMLScalar.boolean(text) {
                value = .boolean(flag)
            } else {
                value = YAMLScalar.number(text) == nil ? .text(text) : .number(text)
            }
        case .sequence(let items): value = .list(items.map { ConfigurationDocument($0) })
        case .mapping(let entries):
            value = .mapping(
                entries.map {
                    ($0.key, $0.keyOrigin.location, ConfigurationDocument($0.value))
                })
        }
    }
}

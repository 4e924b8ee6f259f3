extension YAMLTree {
    /// The document `text` with `--set` arguments applied; their problems are added to
    /// `problems`.
    package static func document(
        _ text: String, name: String, overrides: [String],
        problems: inout [ConfigurationError.Problem]
    ) throws(ConfigurationError) -> YAMLTree {
        var tree = try YAMLReader.file(text, name: name)
        if tree.isNull { tree.content = .mapping([]) }
        guard case .mapping = tree.content else {
            throw ConfigurationError(
                location: tree.origin.location,
                message: "a configuration is a mapping of sections, found \(tree.found)")
        }
        for argument in overrides {
            do throws(ConfigurationError) {
                tree = try ConfigurationOverride(argument: argument).applied(to: tree)
            } catch {
                problems += error.problems
            }
        }
        return tree
    }
}

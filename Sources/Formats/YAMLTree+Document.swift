extension YAMLTree {
    /// Parses the document `text` and applies `--set` arguments. Their problems are added to
    /// `faults`, and the keys that they name are omitted.
    ///
    /// - Throws: `ConfigurationError` if the document cannot be read, including arguments that
    ///   cannot be read.
    package static func document(
        _ text: String, name: String, overrides: [String], faults: inout ConfigurationFaults
    ) throws(ConfigurationError) -> YAMLTree {
        var tree = try file(text, name: name, overrides: overrides)
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
                let path = ConfigurationOverride.path(ofArgument: argument)
                for problem in error.problems { faults.add(problem, about: path) }
                tree = tree.removing(path.split(separator: ".")[...])
            }
        }
        return tree
    }

    private static func file(
        _ text: String, name: String, overrides: [String]
    ) throws(ConfigurationError) -> YAMLTree {
        do throws(ConfigurationError) {
            return try YAMLReader.file(text, name: name)
        } catch {
            var problems = error.problems
            let nothing = YAMLTree(content: .mapping([]), origin: .init(location: name))
            for argument in overrides {
                do throws(ConfigurationError) {
                    _ = try ConfigurationOverride(argument: argument).applied(to: nothing)
                } catch {
                    problems += error.problems
                }
            }
            throw ConfigurationError(problems: problems, exitCode: error.exitCode)
        }
    }
}

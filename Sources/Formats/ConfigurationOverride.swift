/// One `key.path=value`, as in `--set` arguments and in the overrides of a phase.
public struct ConfigurationOverride: Equatable, Sendable, CustomStringConvertible {
    /// Dotted path of a key or section: `batch.global`, `phases`, `phases.0.batch.global`.
    public let path: String
    /// YAML on one line: `32`, `[a, b]`, `{name: lamb}`.
    public let value: String

    /// `path=value`.
    public var description: String { "\(path)=\(value)" }

    package init(path: String, value: String) {
        self.path = path
        self.value = value
    }

    /// The path that an argument of `--set` names, if recognizable: everything before `=`.
    static func path(ofArgument argument: String) -> String {
        String(argument.prefix { $0 != "=" })
    }

    /// Splits an argument of `--set` at its first `=`. The key and value are checked when it is
    /// applied.
    ///
    /// - Throws: `ConfigurationError` if there is no `=` or the path is malformed.
    public init(argument: String) throws(ConfigurationError) {
        let location = "--set \(printable(argument))"
        guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw ConfigurationError(
                location: location,
                message: "there is no =; write key.path=value, such as batch.global=64")
        }
        let path = argument[..<equals]
        let components = path.split(separator: ".", omittingEmptySubsequences: false)
        let wellFormed = components.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { ($0.isLetter || $0.isNumber || $0 == "_") && $0.isASCII }
        }
        guard wellFormed, components.count <= 8 else {
            throw ConfigurationError(
                location: location,
                message: "\"\(printable(path))\" is not a key path; write key.path=value, "
                    + "such as batch.global=64")
        }
        self.path = String(path)
        value = String(argument[argument.utf8.index(after: equals)...])
    }

    /// `tree` with this value at its path.
    func applied(to tree: YAMLTree) throws(ConfigurationError) -> YAMLTree {
        let location = "--set \(printable(description))"
        let value = try YAMLReader.argument(value, source: location)
        let components = path.split(separator: ".")
        return try place(
            value, at: components[...], under: components.last.map(String.init), in: tree, location)
    }

    private func place(
        _ value: YAMLTree, at path: ArraySlice<Substring>, under key: String?, in tree: YAMLTree,
        _ location: String
    ) throws(ConfigurationError) -> YAMLTree {
        guard let first = path.first else { return tree.merged(with: value, under: key) }
        let origin = YAMLTree.Origin(location: location, isArgument: true)
        if case .sequence(var items) = tree.content {
            guard let index = Int(first), items.indices.contains(index) else {
                throw ConfigurationError(
                    location: location,
                    message: "\(first) is not an index into the list of \(items.count); "
                        + "the first is 0")
            }
            items[index] = try place(
                value, at: path.dropFirst(), under: key, in: items[index], location)
            return YAMLTree(content: .sequence(items), origin: tree.origin)
        }
        let nothing = YAMLTree(content: .scalar("", plain: true), origin: origin)
        let inner = try place(
            value, at: path.dropFirst(), under: key, in: tree[String(first)] ?? nothing, location)
        let entry = YAMLTree.Entry(key: String(first), keyOrigin: origin, value: inner)
        // Otherwise a later merge would keep an old mapping although null or a scalar was
        // requested.
        if case .mapping(var entries) = tree.content {
            if let index = entries.firstIndex(where: { $0.key == first }) {
                entries[index].value = inner
            } else {
                entries.append(entry)
            }
            return YAMLTree(content: .mapping(entries), origin: tree.origin)
        }
        return YAMLTree(content: .mapping([entry]), origin: origin)
    }
}

internal import ExitCoding

/// A parsed YAML document: values that are still text, each with its origin.
///
/// The file, the `--set` arguments and the phases are merged as trees, and only the result is
/// converted to types, so that each of them passes the same checks and each error names its own
/// source.
package struct YAMLTree {
    package indirect enum Content {
        /// A scalar: its text, and whether it was written without quotes.
        case scalar(String, plain: Bool)
        case sequence([YAMLTree])
        case mapping([Entry])
    }

    package struct Entry {
        package let key: String
        package let keyOrigin: Origin
        package var value: YAMLTree
    }

    /// Origin of a value.
    package struct Origin {
        /// `FILE:LINE` or `--set ARGUMENT`.
        package let location: String
        /// Prefix of the key's path in messages: `phases[1].` within a phase.
        package var prefix = ""
        /// Whether it is an argument of `--set`.
        package var isArgument = false
    }

    /// Keys whose value may be a mapping or null: null replaces the mapping, while null for a
    /// section only sets nothing.
    private static let mappingKeys: Set<String> = ["loss_scale"]

    package var content: Content
    package var origin: Origin

    /// True for `null`, `~` and a missing value.
    package var isNull: Bool {
        guard case .scalar(let text, plain: true) = content else { return false }
        return YAMLScalar.isNull(text)
    }

    /// Description of the value for an error message. Control characters are escaped and long text
    /// is truncated, because the file may be hostile and the message goes to a terminal.
    package var found: String {
        switch content {
        case .scalar(let text, let plain):
            if isNull { return "nothing (null)" }
            return plain ? printable(text) : "\"\(printable(text))\""
        case .sequence(let items): return "a list of \(items.count)"
        case .mapping(let entries): return "a mapping of \(entries.count) keys"
        }
    }

    /// The value under `key` of a mapping.
    package subscript(key: String) -> YAMLTree? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The value under a dotted path.
    package func value(at path: String) -> YAMLTree? {
        var tree: YAMLTree? = self
        for component in path.split(separator: ".") { tree = tree?[String(component)] }
        return tree
    }

    /// This tree overridden by `other`: mappings are merged key by key, any other value is
    /// replaced. `key` is the key of both.
    package func merged(with other: YAMLTree, under key: String? = nil) -> YAMLTree {
        guard case .mapping(var entries) = content, case .mapping(let changes) = other.content
        else {
            return other.isNull && isMapping && !(key.map(Self.mappingKeys.contains) ?? false)
                ? self : other
        }
        for change in changes {
            if let index = entries.firstIndex(where: { $0.key == change.key }) {
                entries[index].value = entries[index].value.merged(
                    with: change.value, under: change.key)
            } else {
                entries.append(change)
            }
        }
        return YAMLTree(content: .mapping(entries), origin: origin)
    }

    /// This tree without the value at `path`; items of lists are kept.
    func removing(_ path: ArraySlice<Substring>) -> YAMLTree {
        guard let first = path.first else { return self }
        var tree = self
        switch content {
        case .scalar: break
        case .sequence(var items):
            guard path.count > 1, let index = Int(first), items.indices.contains(index) else {
                break
            }
            items[index] = items[index].removing(path.dropFirst())
            tree.content = .sequence(items)
        case .mapping(var entries):
            guard let index = entries.firstIndex(where: { $0.key == first }) else { break }
            if path.count == 1 {
                entries.remove(at: index)
            } else {
                entries[index].value = entries[index].value.removing(path.dropFirst())
            }
            tree.content = .mapping(entries)
        }
        return tree
    }

    /// This tree with `prefix` before the paths of all its messages.
    package func prefixed(_ prefix: String) -> YAMLTree {
        var tree = self
        tree.origin.prefix = prefix
        switch content {
        case .scalar: break
        case .sequence(let items): tree.content = .sequence(items.map { $0.prefixed(prefix) })
        case .mapping(let entries):
            tree.content = .mapping(
                entries.map {
                    var origin = $0.keyOrigin
                    origin.prefix = prefix
                    return Entry(key: $0.key, keyOrigin: origin, value: $0.value.prefixed(prefix))
                })
        }
        return tree
    }

    private var isMapping: Bool {
        if case .mapping = content { true } else { false }
    }
}

/// `text` truncated to 60 characters, with terminal control characters escaped.
package func printable(_ text: some StringProtocol) -> String {
    text.printable(limit: 60)
}

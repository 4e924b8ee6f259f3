internal import Configuration

/// Gives types to the nodes of a configuration and collects everything that is wrong with them.
struct NodeReader {
    private(set) var problems: [ConfigurationError.Problem] = []

    mutating func fail(_ location: String, _ message: String) {
        problems.append(.init(location: location, message: message))
    }

    /// Reads the keys of a mapping into `value`; keys that are left out stay as they are.
    mutating func read<Value>(
        _ node: ConfigurationNode, _ path: String, into value: inout Value,
        _ fields: [NodeField<Value>]
    ) {
        guard case .mapping(let entries) = node.content else {
            let what = path.isEmpty ? "a configuration" : path
            return fail(node.location, "\(what) must be a mapping of keys, found \(node.found)")
        }
        var seen: Set<String> = []
        for entry in entries {
            let name = path.isEmpty ? visible(entry.key) : "\(path).\(visible(entry.key))"
            guard let field = fields.first(where: { $0.key == entry.key }) else {
                let known = fields.map(\.key)
                let guess = nearest(to: entry.key, in: known).map { "did you mean \($0)? " } ?? ""
                let list = known.joined(separator: ", ")
                fail(entry.location, "unknown key \(name); \(guess)the keys are \(list)")
                continue
            }
            guard seen.insert(entry.key).inserted else {
                fail(entry.location, "\(name) comes twice")
                continue
            }
            field.read(entry.value, name, &value, &self)
        }
    }

    /// The items of a list; a single value counts as a list of one.
    mutating func items<Item>(
        _ node: ConfigurationNode, _ path: String, _ expectation: String,
        _ read: (ConfigurationNode.Content) -> Item?
    ) -> [Item]? {
        var nodes = [node]
        if case .list(let items) = node.content { nodes = items }
        guard nodes.count <= 1000 else {
            fail(node.location, "\(path) has more than 1000 items")
            return nil
        }
        var items: [Item] = []
        for node in nodes {
            guard let item = read(node.content) else {
                fail(node.location, "\(path) must be \(expectation), found \(node.found)")
                return nil
            }
            items.append(item)
        }
        return items
    }
}

/// One key of a mapping, and how its value is read.
struct NodeField<Root> {
    let key: String
    let read: (ConfigurationNode, _ path: String, inout Root, inout NodeReader) -> Void

    init(
        _ key: String,
        _ read: @escaping (ConfigurationNode, String, inout Root, inout NodeReader) -> Void
    ) {
        self.key = key
        self.read = read
    }

    /// A key with one scalar.
    init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value>, _ kind: NodeScalar<Value>
    ) {
        self.init(key) { node, path, root, reader in
            if let value = kind.read(node.content) {
                root[keyPath: place] = value
            } else {
                reader.fail(
                    node.location, "\(path) must be \(kind.expectation), found \(node.found)")
            }
        }
    }

    /// A key with one scalar or null.
    init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value?>, orNull kind: NodeScalar<Value>
    ) {
        self.init(
            key, place,
            NodeScalar<Value?>(expectation: "\(kind.expectation), or null") { content in
                if case .null = content { return .some(nil) }
                return kind.read(content).map { .some($0) }
            })
    }

    /// A key with a list of scalars without repetition.
    init<Value: Hashable>(
        _ key: String, _ place: WritableKeyPath<Root, [Value]>, list kind: NodeScalar<Value>
    ) {
        self.init(key) { node, path, root, reader in
            guard
                let items = reader.items(
                    node, path, "a list; each item \(kind.expectation)", kind.read)
            else { return }
            if Set(items).count < items.count {
                reader.fail(node.location, "\(path) has the same item twice")
            }
            root[keyPath: place] = items
        }
    }

    /// A key with a mapping.
    init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value>, section fields: [NodeField<Value>]
    ) {
        self.init(key) { node, path, root, reader in
            if !node.isNull { reader.read(node, path, into: &root[keyPath: place], fields) }
        }
    }
}

/// How a scalar is read, and what is allowed, after "must be".
struct NodeScalar<Value> {
    let expectation: String
    let read: (ConfigurationNode.Content) -> Value?
}

extension NodeScalar where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        Self(expectation: "an integer from \(range.lowerBound) to \(range.upperBound)") {
            guard case .number(let text) = $0,
                let value = Int(text) ?? Double(text).flatMap({ Int(exactly: $0) })
            else { return nil }
            return range.contains(value) ? value : nil
        }
    }
}

extension NodeScalar where Value == Double {
    static func number(_ range: ClosedRange<Double>) -> Self {
        Self(expectation: "a number from \(range.lowerBound) to \(range.upperBound)") {
            guard case .number(let text) = $0, let value = Double(text) else { return nil }
            return range.contains(value) ? value : nil
        }
    }
}

extension NodeScalar where Value == String {
    /// Text that is not empty; a number counts as its text.
    static var text: Self {
        Self(expectation: "text") {
            switch $0 {
            case .text(let text) where !text.isEmpty && !text.utf8.contains(0): text
            case .number(let text): text
            default: nil
            }
        }
    }

    /// The name of a folder.
    static var folderName: Self {
        Self(expectation: "a name of letters, digits, - _ and . (at most 100, not . or ..)") {
            guard let text = text.read($0), text.utf8.count <= 100, text != ".", text != ".."
            else { return nil }
            let sound = text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil
                    || "-_.".contains(
                        Character($0))
            }
            return sound ? text : nil
        }
    }
}

extension NodeScalar where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: Self {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return Self(expectation: "one of \(names)") {
            guard case .text(let text) = $0 else { return nil }
            return Value(rawValue: text)
        }
    }
}

extension NodeScalar where Value == Bool {
    static var flag: Self {
        Self(expectation: "true or false") {
            if case .boolean(let value) = $0 { value } else { nil }
        }
    }
}

internal import Formats

/// Converts the values of a configuration to typed settings and collects all problems.
struct TreeReader {
    var faults = ConfigurationFaults()

    mutating func fail(_ origin: YAMLTree.Origin, _ message: String, about path: String) {
        faults.add(.init(location: origin.location, message: message), about: path)
    }

    /// Reads the keys of a mapping into `value`; missing keys keep their values.
    mutating func read<Value>(
        _ tree: YAMLTree, _ path: String, into value: inout Value, _ fields: [TreeField<Value>]
    ) {
        guard case .mapping(let entries) = tree.content else {
            return fail(
                tree.origin, "\(path) must be a mapping of keys, found \(tree.found)", about: path)
        }
        for entry in entries {
            let name = path.isEmpty ? visible(entry.key) : "\(path).\(visible(entry.key))"
            guard let field = fields.first(where: { $0.key == entry.key }) else {
                failUnknown(entry, name, in: path, known: fields.map(\.key))
                continue
            }
            field.read(entry.value, name, &value, &self)
        }
    }

    private mutating func failUnknown(
        _ entry: YAMLTree.Entry, _ name: String, in path: String, known: [String]
    ) {
        let meant = nearest(to: entry.key, in: known)
        let guess = meant.map { "did you mean \($0)? " } ?? ""
        let list = known.joined(separator: ", ")
        fail(entry.keyOrigin, "unknown key \(name); \(guess)the keys are \(list)", about: name)
        if let meant { faults.unread.insert(path.isEmpty ? meant : "\(path).\(meant)") }
    }

    /// Reads a value of a kind; `expectation` replaces the kind's own in the message.
    mutating func value<Value>(
        _ tree: YAMLTree, _ path: String, _ kind: ValueKind<Value>, expectation: String? = nil
    ) -> Value? {
        let count = faults.problems.count
        let value = faults.collect(about: path) { kind.read(tree, path, &$0) }
        if value == nil, faults.problems.count == count {
            let wanted = expectation ?? kind.expectation
            fail(tree.origin, "\(path) must be \(wanted), found \(tree.found)", about: path)
        }
        return value
    }

    /// Reads the items of a list; a single value counts as a list of one.
    mutating func items(_ tree: YAMLTree, _ path: String) -> [YAMLTree] {
        guard case .sequence(let items) = tree.content else { return [tree] }
        guard items.count <= 1000 else {
            fail(tree.origin, "\(path) has more than 1000 items", about: path)
            return []
        }
        return items
    }
}

/// A key of a mapping, and how to read its value.
struct TreeField<Root> {
    let key: String
    let read: (YAMLTree, _ path: String, inout Root, inout TreeReader) -> Void

    init(
        _ key: String, _ read: @escaping (YAMLTree, String, inout Root, inout TreeReader) -> Void
    ) {
        self.key = key
        self.read = read
    }

    /// Makes a key with one value.
    init<Value>(_ key: String, _ place: WritableKeyPath<Root, Value>, _ kind: ValueKind<Value>) {
        self.init(key) { tree, path, root, reader in
            if let value = reader.value(tree, path, kind) { root[keyPath: place] = value }
        }
    }

    /// Makes a key with a list of distinct values.
    init<Value: Hashable>(
        _ key: String, _ place: WritableKeyPath<Root, [Value]>, list kind: ValueKind<Value>
    ) {
        let expectation = "a list; each item \(kind.expectation)"
        self.init(key) { tree, path, root, reader in
            var items: [Value] = []
            for item in reader.items(tree, path) {
                guard let item = reader.value(item, path, kind, expectation: expectation) else {
                    return
                }
                items.append(item)
            }
            if Set(items).count < items.count {
                reader.fail(tree.origin, "\(path) has the same item twice", about: path)
            }
            root[keyPath: place] = items
        }
    }

    /// Makes a key with a mapping.
    init<Value>(
        _ key: String, _ place: WritableKeyPath<Root, Value>, section fields: [TreeField<Value>]
    ) {
        self.init(key) { tree, path, root, reader in
            if !tree.isNull { reader.read(tree, path, into: &root[keyPath: place], fields) }
        }
    }
}

extension ValueKind where Value == Double {
    static func number(_ range: ClosedRange<Double>) -> Self {
        number("from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
    }
}

extension ValueKind where Value == String {
    /// A value that can be a folder and a part of a trial's key.
    static var keyName: Self {
        text("a name of letters, digits, - _ and . (at most 100, not . or ..)", isKeyName)
    }

    static func isKeyName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && text != "." && text != ".."
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil
                    || "-_.".unicodeScalars.contains($0)
            }
    }
}

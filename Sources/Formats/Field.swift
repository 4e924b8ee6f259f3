/// One key of the settings type `Root`: its path, its kind, and its property.
///
/// Each settings type lists its fields next to its properties; a configuration joins the lists of
/// its parts. Reading, writing, comparing, suggesting and the tests of the documents all iterate
/// over them.
package struct Field<Root> {
    private typealias Read = (
        YAMLTree, _ name: String, inout Root, inout [ConfigurationError.Problem]
    ) -> Void

    /// Dotted path within the configuration, such as `optimizer.learning_rate`.
    package let path: String
    /// Effect of a change between two runs.
    package let effect: SettingEffect
    /// Allowed values, for messages and documents.
    package let expectation: String
    /// Meaning of the value, as worded in the documents.
    package let meaning: String
    /// The value as YAML on one line.
    package let write: (Root) -> String
    private let readNamed: Read

    private init(
        _ path: String, _ effect: SettingEffect, expectation: String, meaning: String,
        read: @escaping Read, write: @escaping (Root) -> String
    ) {
        self.path = path
        self.effect = effect
        self.expectation = expectation
        self.meaning = meaning
        self.write = write
        readNamed = read
    }

    /// A key with one value.
    package init<Value>(
        _ path: String, _ place: WritableKeyPath<Root, Value>, _ kind: ValueKind<Value>,
        _ effect: SettingEffect, means meaning: String
    ) {
        self.init(
            path, effect, expectation: kind.expectation, meaning: meaning,
            read: { tree, name, root, problems in
                if let value = kind.value(tree, name, &problems) { root[keyPath: place] = value }
            }, write: { kind.write($0[keyPath: place]) })
    }

    /// A key with only one supported value: accepted because files of other programs contain it,
    /// never stored.
    package init(_ path: String, only value: String, means meaning: String) {
        let expectation = "\(value) (nothing else is built)"
        self.init(
            path, .harmless, expectation: expectation, meaning: meaning,
            read: { tree, name, _, problems in
                guard case .scalar(let text, _) = tree.content, text == value else {
                    problems.append(.mismatch(tree, name, expectation))
                    return
                }
            }, write: { _ in value })
    }

    /// The same key for settings that contain these as section `name`.
    package func within<Outer>(
        _ name: String, _ place: WritableKeyPath<Outer, Root>
    ) -> Field<Outer> {
        Field<Outer>(
            "\(name).\(path)", effect, expectation: expectation, meaning: meaning,
            read: { readNamed($0, $1, &$2[keyPath: place], &$3) },
            write: { write($0[keyPath: place]) })
    }

    /// Reads a value into `root`; an invalid one is added to `problems`.
    package func read(
        _ tree: YAMLTree, into root: inout Root, _ problems: inout [ConfigurationError.Problem]
    ) {
        read(tree, as: tree.origin.prefix + path, into: &root, &problems)
    }

    /// Reads a value into `root`; `name` is its name in messages.
    package func read(
        _ tree: YAMLTree, as name: String, into root: inout Root,
        _ problems: inout [ConfigurationError.Problem]
    ) {
        readNamed(tree, name, &root, &problems)
    }

    /// The first component of the path.
    package var section: String { String(path.prefix { $0 != "." }) }
    /// The path without its section.
    package var key: String { String(path.drop { $0 != "." }.dropFirst()) }
}

extension Array {
    /// These keys as section `name` of settings that contain theirs at `place`.
    package func within<Root, Outer>(
        _ name: String, _ place: WritableKeyPath<Outer, Root>
    ) -> [Field<Outer>] where Element == Field<Root> {
        map { $0.within(name, place) }
    }
}

extension ConfigurationError.Problem {
    /// Message for an invalid value.
    static func mismatch(_ tree: YAMLTree, _ name: String, _ expectation: String) -> Self {
        Self(
            location: tree.origin.location,
            message: "\(name) must be \(expectation), found \(tree.found)")
    }
}

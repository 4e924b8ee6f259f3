import ExitCoding
import FileNames

/// Reading, writing and description of one kind of YAML value.
package struct ValueKind<Value> {
    /// The allowed values, after "must be": `an integer from 1 to 8192`.
    package let expectation: String
    /// Returns the value, or nil if it is invalid; a reader with a better message than the standard
    /// one adds its own problems.
    package let read: (YAMLTree, _ path: String, inout [ConfigurationError.Problem]) -> Value?
    /// Writes YAML on one line that `read` converts to the same value.
    package let write: (Value) -> String

    package init(
        _ expectation: String,
        read: @escaping (YAMLTree, String, inout [ConfigurationError.Problem]) -> Value?,
        write: @escaping (Value) -> String
    ) {
        self.expectation = expectation
        self.read = read
        self.write = write
    }

    /// A kind whose values are plain scalars; quoted text is never a number.
    init(
        scalar expectation: String, read: @escaping (String) -> Value?,
        write: @escaping (Value) -> String
    ) {
        self.init(
            expectation,
            read: { tree, _, _ in
                guard case .scalar(let text, plain: true) = tree.content else { return nil }
                return read(text)
            },
            write: write)
    }

    /// Returns the value; if it is invalid, the problem is added to `problems`.
    package func value(
        _ tree: YAMLTree, _ name: String, _ problems: inout [ConfigurationError.Problem]
    ) -> Value? {
        let count = problems.count
        if let value = read(tree, name, &problems) { return value }
        if problems.count == count { problems.append(.mismatch(tree, name, expectation)) }
        return nil
    }

    /// `kind`, or null.
    package static func orNull<Wrapped>(_ kind: ValueKind<Wrapped>, _ meaning: String) -> Self
    where Value == Wrapped? {
        Self(
            "\(kind.expectation), or null (\(meaning))",
            read: { tree, path, problems in
                if tree.isNull { return .some(nil) }
                return kind.read(tree, path, &problems).map { .some($0) }
            },
            write: { $0.map(kind.write) ?? "null" })
    }
}

extension ValueKind where Value == Int {
    package static func integer(_ range: ClosedRange<Int>) -> Self {
        let bounds =
            range.upperBound == .max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        return Self(
            scalar: "an integer \(bounds)",
            read: { YAMLScalar.integer($0).flatMap { range.contains($0) ? $0 : nil } },
            write: { String($0) })
    }
}

extension ValueKind where Value == UInt64 {
    package static var seed: Self {
        Self(
            scalar: "an integer from 0 to \(UInt64.max)",
            read: { UInt64($0) ?? YAMLScalar.integer($0).flatMap { UInt64(exactly: $0) } },
            write: { String($0) })
    }
}

extension ValueKind where Value == Double {
    package static func number(_ bounds: String, _ allows: @escaping (Double) -> Bool) -> Self {
        Self(
            scalar: "a number \(bounds)",
            read: { YAMLScalar.number($0).flatMap { allows($0) ? $0 : nil } },
            write: { YAMLScalar.text($0) })
    }

    package static var positive: Self { number("above 0") { $0 > 0 } }
    package static var notNegative: Self { number("of at least 0") { $0 >= 0 } }
    package static var probability: Self { number("from 0 to 1") { (0...1).contains($0) } }
}

/// Numbers used as `Float`. The allowed range applies to the rounded value: a number that rounds to
/// 0, to infinity or to a subnormal is rejected.
extension ValueKind where Value == Double {
    /// A `Float` above 0 and at most `limit`.
    package static func positiveFloat(upTo limit: Double = 3.4e38) -> Self {
        number("from 1.2e-38 to \(limit)") { isFloat($0, upTo: limit) }
    }

    /// 0, or a `Float` above 0 and at most `limit`.
    package static func float(upTo limit: Double = 3.4e38) -> Self {
        let kind = positiveFloat(upTo: limit)
        return Self(
            "0, or \(kind.expectation)",
            read: { tree, path, problems in
                if case .scalar(let text, plain: true) = tree.content, YAMLScalar.number(text) == 0
                {
                    return 0
                }
                return kind.read(tree, path, &problems)
            },
            write: kind.write)
    }

    /// A decay rate or a dropout probability. 1, or a number that rounds to 1, would keep or drop
    /// everything.
    package static var floatBelowOne: Self {
        number(FloatFraction.range, FloatFraction.contains)
    }

    private static func isFloat(_ value: Double, upTo limit: Double) -> Bool {
        value > 0 && value <= limit && Float(value).isNormal
    }
}

extension ValueKind where Value == Bool {
    package static var flag: Self {
        Self(scalar: "true or false", read: YAMLScalar.boolean, write: { $0 ? "true" : "false" })
    }
}

extension ValueKind where Value == String {
    /// Non-empty text. Numbers are accepted as their text, true and false are not.
    package static var text: Self { text("text") { _ in true } }

    /// The name of a folder: one path component, safe to use.
    package static var folderName: Self {
        text("a folder's name (no / and at most 200 bytes, not . or ..)", isFolderName)
    }

    package static func isFolderName(_ text: String) -> Bool {
        !text.isEmpty && FileName.bytes(of: text).count <= 200
            && !text.utf8.contains(UInt8(ascii: "/"))
            && text != "." && text != ".."
    }

    package static func text(_ expectation: String, _ allows: @escaping (String) -> Bool) -> Self {
        Self(
            expectation,
            read: { tree, _, _ in
                guard case .scalar(let text, let plain) = tree.content, !text.isEmpty,
                    !(plain && (YAMLScalar.isNull(text) || YAMLScalar.boolean(text) != nil)),
                    !text.unicodeScalars.contains(where: {
                        $0.properties.generalCategory == .control
                    })
                else { return nil }
                return allows(text) ? text : nil
            },
            write: { YAMLScalar.text($0) })
    }
}

extension ValueKind where Value == [String] {
    /// A list of paths; a single path counts as a list of one.
    package static var paths: Self {
        let path = ValueKind<String>.text
        return Self(
            "a list of paths",
            read: { tree, name, problems in
                if tree.isNull { return [] }
                guard case .sequence(let items) = tree.content else {
                    return path.read(tree, name, &problems).map { [$0] }
                }
                let paths = items.compactMap { path.read($0, name, &problems) }
                return paths.count == items.count ? paths : nil
            },
            write: { "[" + $0.map(path.write).joined(separator: ", ") + "]" })
    }
}

extension ValueKind
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of an enumeration; for a near miss, the nearest name is suggested.
    package static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        let expectation = "one of " + names.joined(separator: ", ")
        return Self(
            expectation,
            read: { tree, path, problems in
                guard case .scalar(let text, _) = tree.content else { return nil }
                if let value = Value(rawValue: text) { return value }
                if let near = nearest(to: text, in: names) {
                    let message =
                        "\(path) must be \(expectation), found \(tree.found); "
                        + "did you mean \(near)?"
                    problems.append(.init(location: tree.origin.location, message: message))
                }
                return nil
            },
            write: { YAMLScalar.text($0.rawValue) })
    }
}

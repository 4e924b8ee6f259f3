/// Settings nested under a key, as a mapping with keys of its own.
extension ValueKind {
    /// A mapping of `fields`, read into a copy of `start`.
    package static func mapping(_ fields: [Field<Value>], over start: Value) -> Self {
        let keys = fields.map(\.path)
        return Self(
            "a mapping of " + keys.joined(separator: ", "),
            read: { tree, name, problems in
                guard case .mapping(let entries) = tree.content else { return nil }
                var value = start
                let count = problems.count
                for entry in entries {
                    guard let field = fields.first(where: { $0.path == entry.key }) else {
                        problems.append(
                            .unknownKey(entry.key, entry.keyOrigin, within: name, known: keys))
                        continue
                    }
                    field.read(
                        entry.value, as: "\(name).\(field.path)", into: &value, &problems)
                }
                return problems.count == count ? value : nil
            },
            write: { value in
                "{" + fields.map { "\($0.path): \($0.write(value))" }.joined(separator: ", ") + "}"
            })
    }
}

extension ConfigurationError.Problem {
    /// Message for an unknown key of a mapping: the nearest known key, otherwise all.
    static func unknownKey(
        _ key: String, _ origin: YAMLTree.Origin, within name: String, known: [String]
    ) -> Self {
        let start = "unknown key \(name).\(printable(key))"
        let advice =
            nearest(to: key, in: known).map { "did you mean \(name).\($0)?" }
            ?? "the keys of \(name) are \(known.joined(separator: ", "))"
        return Self(location: origin.location, message: "\(start); \(advice)")
    }
}

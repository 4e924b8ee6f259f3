/// The keys of `precision.loss_scale`, read as a group: the section may be a number instead.
struct LossScaleKey {
    private typealias Scale = RunConfiguration.DynamicLossScale

    let key: String
    let expectation: String
    let meaning: String
    let read:
        (YAMLTree, String, inout RunConfiguration.DynamicLossScale) -> ConfigurationError.Problem?
    let write: (RunConfiguration.DynamicLossScale) -> String

    private init<Value>(
        _ key: String, _ place: WritableKeyPath<Scale, Value>, _ kind: ValueKind<Value>,
        means meaning: String
    ) {
        self.key = key
        self.meaning = meaning
        expectation = kind.expectation
        read = { tree, path, scale in
            var problems: [ConfigurationError.Problem] = []
            guard let value = kind.read(tree, path, &problems) else {
                return .init(
                    location: tree.origin.location,
                    message: "\(path) must be \(kind.expectation), found \(tree.found)")
            }
            scale[keyPath: place] = value
            return nil
        }
        write = { kind.write($0[keyPath: place]) }
    }

    static var all: [LossScaleKey] {
        [
            LossScaleKey("initial", \.initial, .scale, means: "the first factor"),
            LossScaleKey(
                "growth", \.growth, .number("from 1 to 65536") { (1...65536).contains($0) },
                means: """
                    multiplies the factor after `interval` steps without overflow; it never \
                    grows beyond 4294967296
                    """),
            LossScaleKey(
                "backoff", \.backoff, .number("above 0 and below 1") { $0 > 0 && $0 < 1 },
                means: "multiplies the factor at an overflow"),
            LossScaleKey(
                "interval", \.interval, .integer(1...1_000_000_000),
                means: "clean steps in a row before the factor grows"),
            LossScaleKey(
                "minimum", \.minimum, .scale,
                means: "the factor never falls below; 50 overflows in a row there end the run"),
            LossScaleKey(
                "hysteresis", \.hysteresis, .integer(1...1000),
                means: "overflows since the last growth that it takes for the factor to fall"),
        ]
    }
}

extension ValueKind where Value == Double {
    /// A factor on the loss: far from where it, or its inverse, would leave the range of fp32.
    fileprivate static var scale: Self {
        number("from 1e-9 to 4294967296") { (1e-9...4_294_967_296).contains($0) }
    }
}

extension ValueKind where Value == RunConfiguration.LossScale {
    static var lossScale: Self {
        let keys = LossScaleKey.all.map(\.key)
        return Self(
            "\(ValueKind<Double>.scale.expectation), or a mapping of \(keys.joined(separator: ", "))",
            read: readLossScale,
            write: { scale in
                switch scale {
                case .fixed(let value): return YAMLScalar.text(value)
                case .dynamic(let dynamic):
                    let pairs = LossScaleKey.all.map { "\($0.key): \($0.write(dynamic))" }
                    return "{" + pairs.joined(separator: ", ") + "}"
                }
            })
    }

    private static func readLossScale(
        _ tree: YAMLTree, _ path: String, _ problems: inout [ConfigurationError.Problem]
    ) -> RunConfiguration.LossScale? {
        guard case .mapping(let entries) = tree.content else {
            return ValueKind<Double>.scale.read(tree, path, &problems).map { .fixed($0) }
        }
        var scale = RunConfiguration.DynamicLossScale()
        let all = LossScaleKey.all
        let count = problems.count
        for entry in entries {
            guard let key = all.first(where: { $0.key == entry.key }) else {
                let message = unknownKey(
                    entry.key, within: path, known: all.map(\.key), prefix: ""
                ).message
                problems.append(.init(location: entry.keyOrigin.location, message: message))
                continue
            }
            if let problem = key.read(entry.value, "\(path).\(key.key)", &scale) {
                problems.append(problem)
            }
        }
        return problems.count == count ? .dynamic(scale) : nil
    }
}

package import Formats

/// Fields of `precision.loss_scale` if it is a mapping.
extension LossScaler.Dynamic {
    package static var fields: [Field<Self>] {
        [
            Field("initial", \.initial, .scale, .changesTraining, means: "the first factor"),
            Field(
                "growth", \.growth, .number("from 1 to 65536") { (1...65536).contains($0) },
                .changesTraining,
                means: """
                    multiplies the factor after `interval` steps without overflow; it never \
                    grows beyond 4294967296
                    """),
            Field(
                "backoff", \.backoff, .number("above 0 and below 1") { $0 > 0 && $0 < 1 },
                .changesTraining,
                means: "multiplies the factor at an overflow"),
            Field(
                "interval", \.interval, .integer(1...1_000_000_000), .changesTraining,
                means: "clean steps in a row before the factor grows"),
            Field(
                "minimum", \.minimum, .scale, .changesTraining,
                means: "the factor never falls below; 50 overflows in a row there end the run"),
            Field(
                "hysteresis", \.hysteresis, .integer(1...1000), .changesTraining,
                means: "overflows since the last growth that it takes for the factor to fall"),
        ]
    }
}

extension ValueKind where Value == Double {
    /// Field of a factor on the loss, far from values at which it or its inverse leaves the range
    /// of fp32.
    fileprivate static var scale: Self {
        number("from 1e-9 to 4294967296") { (1e-9...LossScaler.maximumScale).contains($0) }
    }
}

extension ValueKind where Value == LossScaler.Policy {
    /// Field of `loss_scale`: a factor, or the mapping of a dynamic loss scale.
    static var lossScale: Self {
        let factor = ValueKind<Double>.scale
        let dynamic = ValueKind<LossScaler.Dynamic>.mapping(
            LossScaler.Dynamic.fields, over: LossScaler.Dynamic())
        return Self(
            "\(factor.expectation), or \(dynamic.expectation)",
            read: { tree, name, problems in
                guard case .mapping = tree.content else {
                    return factor.read(tree, name, &problems).map { .fixed($0) }
                }
                return dynamic.read(tree, name, &problems).map { .dynamic($0) }
            },
            write: { policy in
                switch policy {
                case .fixed(let value): factor.write(value)
                case .dynamic(let value): dynamic.write(value)
                }
            })
    }
}

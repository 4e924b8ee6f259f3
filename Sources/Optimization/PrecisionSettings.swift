package import Formats
public import Tensors

/// Element type of the computation, and loss scaling: section `precision` of a configuration.
public struct PrecisionSettings: Equatable, Sendable {
    /// `compute`: element type of the forward and backward pass.
    public var compute = Precision.fp32
    /// `loss_scale`: factor on the loss; nil means the default of `compute`, see
    /// ``effectiveLossScale``.
    public var lossScale: LossScaler.Policy?

    /// Creates settings of fp32 without loss scaling.
    public init() {}

    /// Effective `loss_scale`: the given value, otherwise the default of the element type.
    public var effectiveLossScale: LossScaler.Policy { lossScale ?? .default(for: compute) }

    /// Policy of the loss scaler.
    /// With fp16, a fixed scale is a dynamic one that neither falls nor grows. Values beyond 65504
    /// are expected there, so an overflow is skipped, and only many consecutive ones are an error.
    /// With the range of fp32 and bf16, any overflow under a fixed scale is an error.
    public var scalerPolicy: LossScaler.Policy {
        switch (effectiveLossScale, compute) {
        case (.fixed(let scale), .fp16):
            .dynamic(.init(initial: scale, growth: 1, minimum: scale))
        case (let policy, _): policy
        }
    }

    package static var fields: [Field<Self>] {
        [
            Field(
                "compute", \.compute, .choice, .changesTraining,
                means: "element type of the forward and backward pass"),
            Field(
                "loss_scale", \.lossScale,
                .orNull(.lossScale, "the mapping's defaults for fp16, 1 for fp32 and bf16"),
                .changesTraining,
                means: """
                    what the loss is multiplied by before the backward pass: always the same \
                    factor, or one that follows overflows by the keys below; see \
                    [precision.md](precision.md)
                    """),
        ]
    }
}

extension LossScaler.Policy {
    /// Returns the default loss scaling of an element type: a dynamic factor for fp16; none for
    /// fp32 and bf16, whose range is wide enough.
    public static func `default`(for compute: Precision) -> Self {
        switch compute {
        case .fp16: .dynamic(.init())
        case .fp32, .bf16: .fixed(1)
        }
    }
}

extension RunConfiguration {
    /// Element type of the forward and backward pass; weights and moments always are fp32.
    public enum ComputeType: String, CaseIterable, Sendable {
        /// 32-bit IEEE floats.
        case fp32
        /// bfloat16: fp32's range, 8 bits of precision; needs no loss scaling.
        case bf16
        /// 16-bit IEEE floats, with loss scaling.
        case fp16
    }

    /// `precision`: element type of the computation, and loss scaling.
    public struct Precision: Equatable, Sendable {
        /// `compute`: element type of the forward and backward pass.
        public var compute = ComputeType.fp32
        /// `loss_scale`: the factor on the loss; nil decides by `compute`, see
        /// `effectiveLossScale`.
        public var lossScale: LossScale?

        /// The defaults.
        public init() {}

        /// The effective `loss_scale`: what was given, else a factor that follows overflows for
        /// fp16, and 1 for fp32 and bf16, whose range needs none.
        public var effectiveLossScale: LossScale {
            lossScale ?? (compute == .fp16 ? .dynamic(DynamicLossScale()) : .fixed(1))
        }

        static var fields: [Field] {
            [
                Field(
                    "precision.compute", \.precision.compute, .choice, .changesTraining,
                    means: "element type of the forward and backward pass"),
                Field(
                    "precision.loss_scale", \.precision.lossScale,
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

    /// The factor on the loss that keeps small fp16 gradients from vanishing.
    public enum LossScale: Equatable, Sendable {
        /// Always this factor.
        case fixed(Double)
        /// A factor that follows overflows.
        case dynamic(DynamicLossScale)
    }

    /// `precision.loss_scale`: a factor that shrinks at overflows and grows without them.
    public struct DynamicLossScale: Equatable, Sendable {
        /// `initial`: the first factor.
        public var initial = 65536.0
        /// `growth`: multiplies the factor after `interval` steps without overflow.
        public var growth = 2.0
        /// `backoff`: multiplies the factor at an overflow.
        public var backoff = 0.5
        /// `interval`: clean steps in a row before the factor grows.
        public var interval = 2000
        /// `minimum`: the factor never falls below.
        public var minimum = 1.0
        /// `hysteresis`: overflows since the last growth that it takes for the factor to fall.
        public var hysteresis = 1

        /// The defaults.
        public init() {}
    }
}

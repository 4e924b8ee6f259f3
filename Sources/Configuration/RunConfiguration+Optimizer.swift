extension RunConfiguration {
    /// The update rule.
    public enum OptimizerName: String, CaseIterable, Sendable {
        /// Adam with decoupled weight decay, as in Google's BERT.
        case adamw
        /// Layer-wise adaptive moments, as in NVIDIA's BERT.
        case lamb
    }

    /// `optimizer`: the update rule.
    public struct Optimizer: Equatable, Sendable {
        /// `name`: the rule.
        public var name = OptimizerName.adamw
        /// `learning_rate`: the peak, reached at the end of warm-up.
        public var learningRate = 1e-4
        /// `beta1`: decay of the first moment.
        public var beta1 = 0.9
        /// `beta2`: decay of the second moment.
        public var beta2 = 0.999
        /// `epsilon`: added to the square root of the second moment.
        public var epsilon = 1e-6
        /// `weight_decay`: decoupled decay of all but biases and LayerNorm.
        public var weightDecay = 0.01
        /// `bias_correction`: whether moments are corrected for their start at zero; nil decides by
        /// the rule, see `correctsBias`.
        public var biasCorrection: Bool?
        /// `clip_norm`: the global gradient norm above which gradients are scaled down; nil or 0
        /// is off, see `clippingNorm`.
        public var clipNorm: Double? = 1.0

        /// The defaults.
        public init() {}

        /// The effective `bias_correction`: what was given, else true for LAMB, false for AdamW.
        public var correctsBias: Bool { biasCorrection ?? (name == .lamb) }

        /// The effective `clip_norm`: nil where clipping is off.
        public var clippingNorm: Double? { clipNorm == 0 ? nil : clipNorm }

        static var fields: [Field] {
            [
                Field(
                    "optimizer.name", \.optimizer.name, .choice, .changesTraining, means: "the rule"
                ),
                Field(
                    "optimizer.learning_rate", \.optimizer.learningRate, .float(),
                    .changesTraining, means: "the peak, reached at the end of warm-up"),
                Field(
                    "optimizer.beta1", \.optimizer.beta1, .floatBelowOne, .changesTraining,
                    means: "decay of the first moment"),
                Field(
                    "optimizer.beta2", \.optimizer.beta2, .floatBelowOne, .changesTraining,
                    means: "decay of the second moment"),
                Field(
                    "optimizer.epsilon", \.optimizer.epsilon, .positiveFloat(), .changesTraining,
                    means: "added to the square root of the second moment"),
                Field(
                    "optimizer.weight_decay", \.optimizer.weightDecay, .float(),
                    .changesTraining, means: "decoupled decay of all but biases and LayerNorm"),
                Field(
                    "optimizer.bias_correction", \.optimizer.biasCorrection,
                    .orNull(.flag, "true for lamb, false for adamw"), .changesTraining,
                    means: """
                        whether moments are corrected for their start at zero; null decides by \
                        the rule
                        """),
                Field(
                    "optimizer.clip_norm", \.optimizer.clipNorm, .orNull(.float(), "off, as 0"),
                    .changesTraining,
                    means: """
                        the global norm of the reduced gradient above which it is scaled down; 0 \
                        and null are off
                        """),
            ]
        }
    }
}

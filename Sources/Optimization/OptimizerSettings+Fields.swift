package import Formats

/// Fields of section `optimizer`.
extension OptimizerSettings {
    package static var fields: [Field<Self>] {
        [
            Field(
                "name", \.name, .choice, .changesTraining, means: "the rule"
            ),
            Field(
                "learning_rate", \.learningRate, .float(),
                .changesTraining, means: "the peak, reached at the end of warm-up"),
            Field(
                "beta1", \.beta1, .floatBelowOne, .changesTraining,
                means: "decay of the first moment"),
            Field(
                "beta2", \.beta2, .floatBelowOne, .changesTraining,
                means: "decay of the second moment"),
            Field(
                "epsilon", \.epsilon, .positiveFloat(), .changesTraining,
                means: "added to the square root of the second moment"),
            Field(
                "weight_decay", \.weightDecay, .float(),
                .changesTraining, means: "decoupled decay of all but biases and LayerNorm"),
            Field(
                "bias_correction", \.biasCorrection,
                .orNull(.flag, "true for lamb, false for adamw"), .changesTraining,
                means: """
                    whether moments are corrected for their start at zero; null decides by \
                    the rule
                    """),
            Field(
                "clip_norm", \.clipNorm, .orNull(.float(), "off, as 0"),
                .changesTraining,
                means: """
                    the global norm of the reduced gradient above which it is scaled down; 0 \
                    and null are off
                    """),
        ]
    }
}

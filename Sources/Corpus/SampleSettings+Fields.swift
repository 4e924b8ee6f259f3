package import Formats

/// Keys of section `data` for making samples.
extension SampleSettings {
    package static var fields: [Field<Self>] {
        [
            Field(
                "order", \.order, .choice, .changesTraining,
                means: "the order in which samples are taken"),
            Field(
                "sequence_length", \.sequenceLength, .integer(lengths), .changesTraining,
                means: "tokens of a sample, [CLS] and both [SEP] included"),
            Field(
                "short_sequence_probability", \.shortSequenceProbability, .probability,
                .changesTraining,
                means: "share of samples that are cut to a random shorter length"),
        ]
    }
}

/// Keys of section `masking`.
extension MaskingSettings {
    package static var fields: [Field<Self>] {
        [
            Field(
                "probability", \.probability,
                .number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }, .changesTraining,
                means: "share of a sample's tokens that are to be predicted"),
            Field(
                "max_predictions", \.maximumPredictions, .integer(1...65_536),
                .changesTraining, means: "most predicted tokens a sample"),
            Field(
                "mask", \.maskShare, .probability, .changesTraining,
                means: "share of the predicted tokens replaced by [MASK]"),
            Field(
                "random", \.randomShare, .probability, .changesTraining,
                means: "share of the predicted tokens replaced by a random token"),
            Field(
                "keep", \.keepShare, .probability, .changesTraining,
                means: "share of the predicted tokens left as they are"),
            Field(
                "unit", \.unit, .choice, .changesTraining,
                means: "what is masked as one piece"),
        ]
    }
}

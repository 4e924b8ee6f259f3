extension RunConfiguration {
    /// The unit that is masked as a whole.
    public enum MaskingUnit: String, CaseIterable, Sendable {
        /// Single WordPiece tokens.
        case token
        /// A token with the `##` tokens that follow it.
        case wholeWord = "whole_word"
        /// One to three neighbouring words.
        case ngram
        /// Contiguous runs of words of geometric length, as in SpanBERT.
        case span
    }

    /// `masking`: the masked-language-model task.
    public struct Masking: Equatable, Sendable {
        /// `probability`: share of a sample's tokens that are to be predicted.
        public var probability = 0.15
        /// `max_predictions`: most predicted tokens a sample.
        public var maxPredictions = 20
        /// `mask`: share of the predicted tokens replaced by [MASK].
        public var mask = 0.8
        /// `random`: share of the predicted tokens replaced by a random token.
        public var random = 0.1
        /// `keep`: share of the predicted tokens left as they are.
        public var keep = 0.1
        /// `unit`: what is masked as one piece.
        public var unit = MaskingUnit.token

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field(
                    "masking.probability", \.masking.probability,
                    .number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }, .changesTraining,
                    means: "share of a sample's tokens that are to be predicted"),
                Field(
                    "masking.max_predictions", \.masking.maxPredictions, .integer(1...65_536),
                    .changesTraining, means: "most predicted tokens a sample"),
                Field(
                    "masking.mask", \.masking.mask, .probability, .changesTraining,
                    means: "share of the predicted tokens replaced by [MASK]"),
                Field(
                    "masking.random", \.masking.random, .probability, .changesTraining,
                    means: "share of the predicted tokens replaced by a random token"),
                Field(
                    "masking.keep", \.masking.keep, .probability, .changesTraining,
                    means: "share of the predicted tokens left as they are"),
                Field(
                    "masking.unit", \.masking.unit, .choice, .changesTraining,
                    means: "what is masked as one piece"),
            ]
        }
    }
}

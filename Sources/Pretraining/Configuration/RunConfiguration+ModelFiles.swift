package import BERT
import Formats

extension RunConfiguration {
    /// Keys of `model` that name files.
    public struct ModelFiles: Equatable, Sendable {
        /// `initialize_from`: a checkpoint, run directory or Hugging Face model whose weights (not
        /// optimizer state) the run starts with; nil starts from random weights.
        public var initializeFrom: String?
        /// `vocabulary`: the vocab.txt the data was tokenized with, which must equal the corpus's
        /// if there is one; nil uses the one stored in the corpus or in the model.
        public var vocabulary: String?

        /// The defaults.
        public init() {}

        static var fields: [Field<Self>] {
            [
                Field(
                    "initialize_from", \.initializeFrom,
                    .orNull(.text, "start from random weights"), .harmless,
                    means: """
                        a checkpoint, run directory or Hugging Face model whose weights the run \
                        starts with (not its optimizer state); null starts from random weights
                        """),
                Field(
                    "vocabulary", \.vocabulary, .orNull(.text, "the corpus's own"), .harmless,
                    means: """
                        the vocab.txt the data was tokenized with, which must be that of the \
                        corpus where there is one; null takes the one stored in the corpus or in \
                        the model
                        """),
            ]
        }
    }
}

extension RunConfiguration {
    /// The model for random initialization, as far as it is known without a vocabulary.
    package var architecture: BERTConfiguration {
        model.configuration(vocabularySize: BERTConfiguration().vocabularySize)
    }
}

extension RunConfiguration {
    /// `model`: the architecture, and where its weights and vocabulary come from.
    ///
    /// The keys of Hugging Face's `BertConfig` are nil where the file does not give them; then the
    /// preset decides or, with `initialize_from`, the checkpoint.
    public struct Model: Equatable, Sendable {
        /// `preset`: Google's sizes, the base on which the keys below are laid.
        public var preset = Preset.mini
        /// `initialize_from`: a checkpoint, run directory or Hugging Face model whose weights the
        /// run starts with (not its optimizer state); null starts from random weights.
        public var initializeFrom: String?
        /// `vocabulary`: the vocab.txt the data was tokenized with, which must be that of the corpus
        /// where there is one; null takes the one stored in the corpus or in the model.
        public var vocabulary: String?
        /// `vocab_size`: rows of the word embedding; null takes the vocabulary's size.
        public var vocabSize: Int?
        /// `hidden_size`: width of the encoder.
        public var hiddenSize: Int?
        /// `num_hidden_layers`: encoder layers.
        public var numHiddenLayers: Int?
        /// `num_attention_heads`: heads a layer; must divide the hidden size.
        public var numAttentionHeads: Int?
        /// `intermediate_size`: width of the feed-forward network.
        public var intermediateSize: Int?
        /// `hidden_act`: activation of the feed-forward network and of the MLM head.
        public var hiddenAct: Activation?
        /// `hidden_dropout_prob`: dropout after embeddings, attention and feed-forward.
        public var hiddenDropoutProb: Double?
        /// `attention_probs_dropout_prob`: dropout on attention probabilities.
        public var attentionProbsDropoutProb: Double?
        /// `max_position_embeddings`: the longest sequence, in tokens.
        public var maxPositionEmbeddings: Int?
        /// `type_vocab_size`: segments; next-sentence prediction needs 2.
        public var typeVocabSize: Int?
        /// `initializer_range`: standard deviation of the truncated normal of fresh weights.
        public var initializerRange: Double?
        /// `layer_norm_eps`: added to the variance in LayerNorm.
        public var layerNormEps: Double?
        /// `pad_token_id`: the id of [PAD].
        public var padTokenID: Int?
        /// `classifier_dropout`: dropout before a fine-tuning head; null is the hidden dropout.
        public var classifierDropout: Double?

        /// The defaults.
        public init() {}

        static var fields: [Field] {
            [
                Field(
                    "model.preset", \.model.preset, .choice, .changesModel,
                    means: "Google's sizes, the base on which the keys below are laid"),
                Field(
                    "model.initialize_from", \.model.initializeFrom,
                    .orNull(.text, "start from random weights"), .harmless,
                    means: """
                        a checkpoint, run directory or Hugging Face model whose weights the run \
                        starts with (not its optimizer state); null starts from random weights
                        """),
                Field(
                    "model.vocabulary", \.model.vocabulary, .orNull(.text, "the corpus's own"),
                    .harmless,
                    means: """
                        the vocab.txt the data was tokenized with, which must be that of the \
                        corpus where there is one; null takes the one stored in the corpus or in \
                        the model
                        """),
            ] + sizes + details + onlyBERT
        }

        private static var sizes: [Field] {
            func field(
                _ key: String, _ place: WritableKeyPath<RunConfiguration, Int?>,
                _ range: ClosedRange<Int>, _ null: String = "the preset's", means meaning: String
            ) -> Field {
                Field(
                    "model." + key, place, .orNull(.integer(range), null), .changesModel,
                    means: meaning)
            }
            return [
                field(
                    "vocab_size", \.model.vocabSize, 5...16_777_216, "the vocabulary's",
                    means: "rows of the word embedding; null takes the vocabulary's size"),
                field("hidden_size", \.model.hiddenSize, 1...65_536, means: "width of the encoder"),
                field(
                    "num_hidden_layers", \.model.numHiddenLayers, 1...1024, means: "encoder layers"),
                field(
                    "num_attention_heads", \.model.numAttentionHeads, 1...1024,
                    means: "heads a layer; must divide the hidden size"),
                field(
                    "intermediate_size", \.model.intermediateSize, 1...262_144,
                    means: "width of the feed-forward network"),
                field(
                    "max_position_embeddings", \.model.maxPositionEmbeddings, 8...65_536,
                    means: "the longest sequence, in tokens"),
                field(
                    "type_vocab_size", \.model.typeVocabSize, 2...1024,
                    means: "segments; next-sentence prediction needs 2"),
                field("pad_token_id", \.model.padTokenID, 0...16_777_215, means: "the id of [PAD]"),
            ]
        }

        private static var details: [Field] {
            let preset = "the preset's"
            return [
                Field(
                    "model.hidden_act", \.model.hiddenAct, .orNull(.choice, preset), .changesModel,
                    means: "activation of the feed-forward network and of the MLM head"),
                Field(
                    "model.layer_norm_eps", \.model.layerNormEps, .orNull(.positiveFloat(), preset),
                    .changesModel, means: "added to the variance in LayerNorm"),
                Field(
                    "model.initializer_range", \.model.initializerRange,
                    .orNull(.positiveFloat(upTo: 1e6), preset),
                    .harmless, means: "standard deviation of the truncated normal of fresh weights"),
                Field(
                    "model.hidden_dropout_prob", \.model.hiddenDropoutProb,
                    .orNull(.floatBelowOne, preset), .changesTraining,
                    means: "dropout after embeddings, attention and feed-forward"),
                Field(
                    "model.attention_probs_dropout_prob", \.model.attentionProbsDropoutProb,
                    .orNull(.floatBelowOne, preset), .changesTraining,
                    means: "dropout on attention probabilities"),
                Field(
                    "model.classifier_dropout", \.model.classifierDropout,
                    .orNull(.floatBelowOne, "hidden_dropout_prob"), .harmless,
                    means: "dropout before a fine-tuning head; null is the hidden dropout"),
            ]
        }

        private static var onlyBERT: [Field] {
            [
                Field(
                    "model.model_type", only: "bert",
                    means: "accepted since a `config.json` has it, as the four below are"),
                Field(
                    "model.position_embedding_type", only: "absolute", means: "learned positions"),
                Field("model.is_decoder", only: "false", means: "BERT is an encoder"),
                Field("model.add_cross_attention", only: "false", means: "BERT is an encoder"),
                Field(
                    "model.tie_word_embeddings", only: "true",
                    means: "the MLM head shares the word embedding"),
            ]
        }
    }
}

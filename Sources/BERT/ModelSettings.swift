package import Formats
public import Kernels

/// Sizes and constants of the model in a configuration: keys of section `model`.
///
/// Except for the preset, these are the keys of Hugging Face's `BertConfig`. A key is nil if the
/// file does not set it; then the preset decides or, with `initialize_from`, the stored model.
public struct ModelSettings: Equatable, Sendable {
    /// `preset`: Google's sizes, overridden by the other keys.
    public var preset = ModelPreset.mini
    /// `vocab_size`: rows of the word embedding; nil means the size of the vocabulary.
    public var vocabularySize: Int?
    /// `hidden_size`: width of the encoder.
    public var hiddenSize: Int?
    /// `num_hidden_layers`: number of encoder layers.
    public var layers: Int?
    /// `num_attention_heads`: heads per layer; must divide the hidden size.
    public var heads: Int?
    /// `intermediate_size`: width of the feed-forward network.
    public var intermediateSize: Int?
    /// `max_position_embeddings`: maximum sequence length, in tokens.
    public var maximumPositions: Int?
    /// `type_vocab_size`: number of segment types; next-sentence prediction needs 2.
    public var segmentKinds: Int?
    /// `pad_token_id`: the id of [PAD].
    public var paddingID: Int?
    /// `hidden_act`: activation of the feed-forward network and of the MLM head.
    public var activation: Activation?
    /// `layer_norm_eps`: epsilon added to the variance in LayerNorm.
    public var layerNormEpsilon: Double?
    /// `initializer_range`: standard deviation of the truncated normal distribution of initial
    /// weights.
    public var initializerRange: Double?
    /// `hidden_dropout_prob`: dropout after embeddings, attention and feed-forward.
    public var hiddenDropout: Double?
    /// `attention_probs_dropout_prob`: dropout on attention probabilities.
    public var attentionDropout: Double?
    /// `classifier_dropout`: dropout before a fine-tuning head; nil means the hidden dropout.
    public var classifierDropout: Double?

    /// Creates the settings of the default preset, with no overrides.
    public init() {}

    /// Returns the configuration of a model that starts from random weights: the preset's,
    /// overridden by the given keys. `vocabularySize` applies if no key sets it.
    public func configuration(vocabularySize: Int) -> BERTConfiguration {
        var base = BERTConfiguration(preset)
        base.vocabularySize = vocabularySize
        return applied(to: base)
    }

    /// Returns `base`, such as a stored model's configuration, overridden by the given keys. The
    /// caller must reject sizes that differ from those of stored weights.
    public func applied(to base: BERTConfiguration) -> BERTConfiguration {
        var result = base
        for key in ModelKey.all { key.apply(self, &result) }
        return result
    }

    /// Sets every key except the vocabulary size to its value in `configuration`, so that a dump
    /// leaves nothing to look up.
    public mutating func fill(from configuration: BERTConfiguration) {
        for key in ModelKey.all where key.field.path != "vocab_size" {
            key.fill(&self, configuration)
        }
    }

    /// Field of `preset`, the first key of the section.
    package static var presetFields: [Field<Self>] {
        [
            Field(
                "preset", \.preset, .choice, .changesModel,
                means: "Google's sizes, the base on which the keys below are laid")
        ]
    }

    /// Fields of the keys of `BertConfig`.
    package static var fields: [Field<Self>] {
        ModelKey.all.map(\.field) + [
            Field(
                "classifier_dropout", \.classifierDropout,
                .orNull(.floatBelowOne, "hidden_dropout_prob"), .harmless,
                means: "dropout before a fine-tuning head; null is the hidden dropout"),
            Field(
                "model_type", only: "bert",
                means: "accepted since a `config.json` has it, as the four below are"),
            Field("position_embedding_type", only: "absolute", means: "learned positions"),
            Field("is_decoder", only: "false", means: "BERT is an encoder"),
            Field("add_cross_attention", only: "false", means: "BERT is an encoder"),
            Field(
                "tie_word_embeddings", only: "true",
                means: "the MLM head shares the word embedding"),
        ]
    }
}

/// Key that overrides a property of `BERTConfiguration`.
private struct ModelKey {
    let field: Field<ModelSettings>
    let apply: (ModelSettings, inout BERTConfiguration) -> Void
    let fill: (inout ModelSettings, BERTConfiguration) -> Void

    init<Value>(
        _ path: String, _ given: WritableKeyPath<ModelSettings, Value?>,
        _ place: WritableKeyPath<BERTConfiguration, Value>, _ kind: ValueKind<Value>,
        _ effect: SettingEffect = .changesModel, null: String = "the preset's",
        means meaning: String
    ) {
        field = Field(path, given, .orNull(kind, null), effect, means: meaning)
        apply = { settings, result in
            if let value = settings[keyPath: given] { result[keyPath: place] = value }
        }
        fill = { settings, configuration in settings[keyPath: given] = configuration[keyPath: place]
        }
    }

    static var all: [ModelKey] { sizes + details }

    /// Upper limits are the model's; the lower ones are those of pre-training, whose pairs need two
    /// segments and five tokens.
    private static var sizes: [ModelKey] {
        typealias Limits = BERTConfiguration.Limits
        return [
            ModelKey(
                "vocab_size", \.vocabularySize, \.vocabularySize,
                .integer(5...Limits.vocabularySize), null: "the vocabulary's",
                means: "rows of the word embedding; null takes the vocabulary's size"),
            ModelKey(
                "hidden_size", \.hiddenSize, \.hiddenSize, .integer(1...Limits.hiddenSize),
                means: "width of the encoder"),
            ModelKey(
                "num_hidden_layers", \.layers, \.layers, .integer(1...Limits.layers),
                means: "encoder layers"),
            ModelKey(
                "num_attention_heads", \.heads, \.heads, .integer(1...Limits.heads),
                means: "heads a layer; must divide the hidden size"),
            ModelKey(
                "intermediate_size", \.intermediateSize, \.intermediateSize,
                .integer(1...Limits.intermediateSize), means: "width of the feed-forward network"),
            ModelKey(
                "max_position_embeddings", \.maximumPositions, \.maximumPositions,
                .integer(5...Limits.maximumPositions), means: "the longest sequence, in tokens"),
            ModelKey(
                "type_vocab_size", \.segmentKinds, \.segmentKinds,
                .integer(2...Limits.segmentKinds),
                means: "segments; next-sentence prediction needs 2"),
            ModelKey(
                "pad_token_id", \.paddingID, \.paddingID, .integer(0...Limits.vocabularySize - 1),
                means: "the id of [PAD]"),
        ]
    }

    private static var details: [ModelKey] {
        [
            ModelKey(
                "hidden_act", \.activation, \.activation, .choice,
                means: "activation of the feed-forward network and of the MLM head"),
            ModelKey(
                "layer_norm_eps", \.layerNormEpsilon, \.layerNormEpsilon, .positiveFloat(),
                means: "added to the variance in LayerNorm"),
            ModelKey(
                "initializer_range", \.initializerRange, \.initializerRange,
                .positiveFloat(upTo: BERTConfiguration.Limits.initializerRange), .harmless,
                means: "standard deviation of the truncated normal of fresh weights"),
            ModelKey(
                "hidden_dropout_prob", \.hiddenDropout, \.hiddenDropout, .floatBelowOne,
                .changesTraining, means: "dropout after embeddings, attention and feed-forward"),
            ModelKey(
                "attention_probs_dropout_prob", \.attentionDropout, \.attentionDropout,
                .floatBelowOne, .changesTraining, means: "dropout on attention probabilities"),
        ]
    }
}

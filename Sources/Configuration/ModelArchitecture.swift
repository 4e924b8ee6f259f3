/// The sizes Google published for BERT (2018, and the miniatures of 2020).
public enum Preset: String, CaseIterable, Sendable {
    /// 2 layers of 128.
    case tiny = "bert-tiny"
    /// 4 layers of 256.
    case mini = "bert-mini"
    /// 4 layers of 512.
    case small = "bert-small"
    /// 8 layers of 512.
    case medium = "bert-medium"
    /// 12 layers of 768.
    case base = "bert-base"
    /// 24 layers of 1024.
    case large = "bert-large"
}

/// The activation of feed-forward networks and of the MLM head, by Hugging Face's names.
public enum Activation: String, CaseIterable, Sendable {
    /// The exact form, `x * Phi(x)` by erf.
    case gelu
    /// The tanh approximation, as in Google's code.
    case geluNew = "gelu_new"
}

/// A `BertConfig` with nothing left open but the vocabulary's size.
public struct ModelArchitecture: Equatable, Sendable {
    /// Rows of the word embedding; nil takes the vocabulary's size.
    public var vocabSize: Int?
    /// Width of the encoder.
    public var hiddenSize: Int
    /// Encoder layers.
    public var numHiddenLayers: Int
    /// Heads a layer.
    public var numAttentionHeads: Int
    /// Width of the feed-forward network.
    public var intermediateSize: Int
    /// Activation of the feed-forward network and of the MLM head.
    public var hiddenAct = Activation.gelu
    /// Dropout after embeddings, attention and feed-forward.
    public var hiddenDropoutProb = 0.1
    /// Dropout on attention probabilities.
    public var attentionProbsDropoutProb = 0.1
    /// The longest sequence, in tokens.
    public var maxPositionEmbeddings = 512
    /// Segments.
    public var typeVocabSize = 2
    /// Standard deviation of the truncated normal of fresh weights.
    public var initializerRange = 0.02
    /// Added to the variance in LayerNorm.
    public var layerNormEps = 1e-12
    /// The id of [PAD].
    public var padTokenID = 0
    /// Dropout before a fine-tuning head; nil is the hidden dropout.
    public var classifierDropout: Double?

    /// The architecture of a preset. Heads are of 64 columns, feed-forward is four times as wide.
    public init(preset: Preset) {
        let (layers, hidden) =
            switch preset {
            case .tiny: (2, 128)
            case .mini: (4, 256)
            case .small: (4, 512)
            case .medium: (8, 512)
            case .base: (12, 768)
            case .large: (24, 1024)
            }
        numHiddenLayers = layers
        hiddenSize = hidden
        numAttentionHeads = hidden / 64
        intermediateSize = hidden * 4
    }
}

extension RunConfiguration.Model {
    /// The architecture of a model that starts from random weights: the preset's, with the keys
    /// that were given laid over it.
    public var architecture: ModelArchitecture {
        applyingOverrides(to: ModelArchitecture(preset: preset))
    }

    /// `base` (say, that of the checkpoint in `initialize_from`) with the keys that were given laid
    /// over it. Sizes that differ from a checkpoint's are the caller's to refuse.
    public func applyingOverrides(to base: ModelArchitecture) -> ModelArchitecture {
        var result = base
        result.vocabSize = vocabSize ?? base.vocabSize
        result.hiddenSize = hiddenSize ?? base.hiddenSize
        result.numHiddenLayers = numHiddenLayers ?? base.numHiddenLayers
        result.numAttentionHeads = numAttentionHeads ?? base.numAttentionHeads
        result.intermediateSize = intermediateSize ?? base.intermediateSize
        result.hiddenAct = hiddenAct ?? base.hiddenAct
        result.hiddenDropoutProb = hiddenDropoutProb ?? base.hiddenDropoutProb
        result.attentionProbsDropoutProb =
            attentionProbsDropoutProb ?? base.attentionProbsDropoutProb
        result.maxPositionEmbeddings = maxPositionEmbeddings ?? base.maxPositionEmbeddings
        result.typeVocabSize = typeVocabSize ?? base.typeVocabSize
        result.initializerRange = initializerRange ?? base.initializerRange
        result.layerNormEps = layerNormEps ?? base.layerNormEps
        result.padTokenID = padTokenID ?? base.padTokenID
        result.classifierDropout = classifierDropout ?? base.classifierDropout
        return result
    }

    /// Writes every key out as `architecture` has it, so that a dump leaves nothing to look up.
    public mutating func fill(from architecture: ModelArchitecture) {
        vocabSize = architecture.vocabSize
        hiddenSize = architecture.hiddenSize
        numHiddenLayers = architecture.numHiddenLayers
        numAttentionHeads = architecture.numAttentionHeads
        intermediateSize = architecture.intermediateSize
        hiddenAct = architecture.hiddenAct
        hiddenDropoutProb = architecture.hiddenDropoutProb
        attentionProbsDropoutProb = architecture.attentionProbsDropoutProb
        maxPositionEmbeddings = architecture.maxPositionEmbeddings
        typeVocabSize = architecture.typeVocabSize
        initializerRange = architecture.initializerRange
        layerNormEps = architecture.layerNormEps
        padTokenID = architecture.padTokenID
        classifierDropout = architecture.classifierDropout
    }
}

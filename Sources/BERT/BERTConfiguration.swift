import ExitCoding
public import Kernels

/// Sizes and constants of a BERT model, encoded as Hugging Face's `config.json`.
public struct BERTConfiguration: Sendable, Equatable {
    /// Size of the vocabulary, `vocab_size`.
    public var vocabularySize = 30522
    /// Width of the hidden states, `hidden_size`.
    public var hiddenSize = 768
    /// Number of encoder layers, `num_hidden_layers`.
    public var layers = 12
    /// Number of attention heads per layer, `num_attention_heads`.
    public var heads = 12
    /// Width of the feed-forward network's hidden layer, `intermediate_size`.
    public var intermediateSize = 3072
    /// Activation of the feed-forward network, `hidden_act`.
    public var activation = Activation.gelu
    /// Dropout probability of hidden states, `hidden_dropout_prob`.
    public var hiddenDropout = 0.1
    /// Dropout probability of attention probabilities, `attention_probs_dropout_prob`.
    public var attentionDropout = 0.1
    /// Maximum sequence length, `max_position_embeddings`.
    public var maximumPositions = 512
    /// Number of segment types, `type_vocab_size`.
    public var segmentKinds = 2
    /// Standard deviation of the initial weights, `initializer_range`.
    public var initializerRange = 0.02
    /// Epsilon added to the variance in layer normalization, `layer_norm_eps`.
    public var layerNormEpsilon = 1e-12
    /// Id of the [PAD] token, `pad_token_id`.
    public var paddingID = 0

    /// Creates the sizes of BERT-base, uncased.
    public init() {}

    /// Upper limits of a model's sizes and constants.
    enum Limits {
        static let vocabularySize = 1 << 24
        static let hiddenSize = 1 << 16
        static let layers = 255
        static let heads = 1 << 10
        static let intermediateSize = 1 << 18
        static let maximumPositions = 1 << 16
        static let segmentKinds = 1 << 8
        static let initializerRange = 1e6
    }

    /// Reason that these sizes make no valid model; `nil` if they are valid.
    public var problem: String? {
        let sizes = [
            ("vocab_size", vocabularySize, Limits.vocabularySize),
            ("hidden_size", hiddenSize, Limits.hiddenSize),
            ("num_hidden_layers", layers, Limits.layers),
            ("num_attention_heads", heads, Limits.heads),
            ("intermediate_size", intermediateSize, Limits.intermediateSize),
            ("max_position_embeddings", maximumPositions, Limits.maximumPositions),
            ("type_vocab_size", segmentKinds, Limits.segmentKinds),
        ]
        for (name, value, limit) in sizes where value < 1 || value > limit {
            return "\(name) is \(value); it must lie between 1 and \(limit)"
        }
        if hiddenSize % heads != 0 {
            return "hidden_size \(hiddenSize) is not a multiple of num_attention_heads \(heads)"
        }
        for (name, value) in [
            ("hidden_dropout_prob", hiddenDropout),
            ("attention_probs_dropout_prob", attentionDropout),
        ] where !FloatFraction.contains(value) {
            return "\(name) is \(value); it must be a number \(FloatFraction.range)"
        }
        for (name, value, limit) in [
            ("layer_norm_eps", layerNormEpsilon, 3.4e38),
            ("initializer_range", initializerRange, Limits.initializerRange),
        ] where !Float(value).isNormal || value < 0 || value > limit {
            return "\(name) is \(value); it must be a number from 1.2e-38 to \(limit)"
        }
        // Attention dropout addresses its random numbers by a 32-bit block index.
        let blocks = heads * maximumPositions * ((maximumPositions + 127) / 128) * 16
        if blocks > Int(UInt32.max) {
            return "\(heads) heads (num_attention_heads) over \(maximumPositions) positions "
                + "(max_position_embeddings) need more random numbers than can be addressed"
        }
        if paddingID < 0 || paddingID >= vocabularySize {
            return "pad_token_id is \(paddingID); there are \(vocabularySize) ids"
        }
        return nil
    }

    /// Counts the floating-point operations of one training step's matrix products, for `tokens`
    /// tokens in sequences whose squared lengths sum to `squaredLengths`, with `masked`
    /// predictions. The backward pass counts twice the forward pass.
    public func trainingOperations(tokens: Int, squaredLengths: Int, masked: Int) -> Double {
        let hidden = Double(hiddenSize)
        let dense = 4 * hidden * hidden + 2 * hidden * Double(intermediateSize)
        let attention = 2 * hidden * Double(squaredLengths)
        let encoder = Double(layers) * (dense * Double(tokens) + attention)
        let head = Double(masked) * hidden * (hidden + Double(vocabularySize))
        return 6 * (encoder + head)
    }
}

extension BERTConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case vocabularySize = "vocab_size"
        case hiddenSize = "hidden_size"
        case layers = "num_hidden_layers"
        case heads = "num_attention_heads"
        case intermediateSize = "intermediate_size"
        case activation = "hidden_act"
        case hiddenDropout = "hidden_dropout_prob"
        case attentionDropout = "attention_probs_dropout_prob"
        case maximumPositions = "max_position_embeddings"
        case segmentKinds = "type_vocab_size"
        case initializerRange = "initializer_range"
        case layerNormEpsilon = "layer_norm_eps"
        case paddingID = "pad_token_id"
    }

    /// Decodes Hugging Face's keys; missing keys keep the defaults of `BertConfig`.
    ///
    /// - Throws: `ConfigurationProblem` for invalid sizes, and for variants that compute something
    ///   else from the same parameters.
    public init(from decoder: any Decoder) throws {
        try ModelVariant(from: decoder).refuse()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into target: inout Value) throws {
            do {
                target = try values.decodeIfPresent(Value.self, forKey: key) ?? target
            } catch {
                let shown = JSONScalar.shown(values, key)
                throw ConfigurationProblem(
                    "\(key.rawValue) is \(shown); it must be "
                        + (Value.self == Int.self ? "a whole number" : "a number"))
            }
        }
        try read(.vocabularySize, into: &vocabularySize)
        try read(.hiddenSize, into: &hiddenSize)
        try read(.layers, into: &layers)
        try read(.heads, into: &heads)
        try read(.intermediateSize, into: &intermediateSize)
        if values.contains(.activation), try !values.decodeNil(forKey: .activation) {
            let shown = JSONScalar.shown(values, .activation)
            guard let known = Activation.allCases.first(where: { "\"\($0.rawValue)\"" == shown })
            else {
                let choices = Activation.allCases.map(\.rawValue).joined(separator: " and ")
                throw ConfigurationProblem(
                    "hidden_act is \(shown); only \(choices) are supported")
            }
            activation = known
        }
        try read(.hiddenDropout, into: &hiddenDropout)
        try read(.attentionDropout, into: &attentionDropout)
        try read(.maximumPositions, into: &maximumPositions)
        try read(.segmentKinds, into: &segmentKinds)
        try read(.initializerRange, into: &initializerRange)
        try read(.layerNormEpsilon, into: &layerNormEpsilon)
        try read(.paddingID, into: &paddingID)
        if let problem { throw ConfigurationProblem(problem) }
    }
}

/// Error for a `config.json` that describes an unsupported model: key, value and choices.
public struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// Message with the key, its value and the supported values.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Keys of a `config.json` that change the computation or the parameters from those of BERT's
/// encoder.
struct ModelVariant: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case modelType = "model_type"
        case architectures
        case positions = "position_embedding_type"
        case isDecoder = "is_decoder"
        case crossAttention = "add_cross_attention"
        case isEncoderDecoder = "is_encoder_decoder"
        case tiesEmbeddings = "tie_word_embeddings"
        case quantization = "quantization_config"
        case prunedHeads = "pruned_heads"
    }

    private let values: KeyedDecodingContainer<Key>

    init(from decoder: any Decoder) throws {
        values = try decoder.container(keyedBy: Key.self)
    }

    /// Throws if the keys describe another model.
    func refuse() throws(ConfigurationProblem) {
        try require(.modelType, ["\"bert\""])
        try require(.positions, ["\"absolute\""])
        for key in [Key.isDecoder, .crossAttention, .isEncoderDecoder] {
            try require(key, ["false"])
        }
        try require(.tiesEmbeddings, ["true"])
        if isGiven(.quantization) {
            throw ConfigurationProblem(
                "quantization_config is given; quantized models are not supported")
        }
        let pruned = try? values.decode([String: [Int]].self, forKey: .prunedHeads)
        if isGiven(.prunedHeads), pruned?.isEmpty != true {
            throw ConfigurationProblem("pruned_heads is given; pruned models are not supported")
        }
        try refuseArchitecture()
    }

    private func isGiven(_ key: Key) -> Bool {
        values.contains(key) && (try? values.decodeNil(forKey: key)) != true
    }

    private func require(_ key: Key, _ choices: [String]) throws(ConfigurationProblem) {
        guard isGiven(key) else { return }
        let shown = JSONScalar.shown(values, key)
        guard !choices.contains(shown) else { return }
        throw ConfigurationProblem(
            "\(key.rawValue) is \(shown); only \(choices.joined(separator: " and ")) is supported")
    }

    private func refuseArchitecture() throws(ConfigurationProblem) {
        guard isGiven(.architectures) else { return }
        guard let names = try? values.decode([String].self, forKey: .architectures) else {
            throw ConfigurationProblem("architectures is no list of names")
        }
        for name in names where !name.hasPrefix("Bert") || name == "BertLMHeadModel" {
            throw ConfigurationProblem(
                "architectures is [\"\(name)\"]; encoders of BERT are supported: BertModel,"
                    + " BertForPreTraining, BertForMaskedLM and those with heads of tasks")
        }
    }
}

/// Text of a JSON scalar for messages.
enum JSONScalar {
    /// Returns the value of `key` as JSON writes it, if it is a scalar.
    static func shown<Key: CodingKey>(_ values: KeyedDecodingContainer<Key>, _ key: Key) -> String {
        if (try? values.decodeNil(forKey: key)) == true { return "null" }
        if let text = try? values.decode(String.self, forKey: key) { return "\"\(text)\"" }
        if let value = try? values.decode(Bool.self, forKey: key) { return "\(value)" }
        if let value = try? values.decode(Int.self, forKey: key) { return "\(value)" }
        if let value = try? values.decode(Double.self, forKey: key) { return "\(value)" }
        return "no scalar"
    }
}

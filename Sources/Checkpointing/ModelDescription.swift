import FoundationEssentials
public import Tokenization

/// The configuration and the vocabulary that turn a list of tensors into a usable model.
public struct ModelDescription: Sendable, Equatable {
    /// The text of Hugging Face's `config.json`.
    public var configuration: String
    /// Text of Google's `vocab.txt`: one token per line; the line number is the id.
    public var vocabulary: String
    /// Rules that split text into the words that the vocabulary spells.
    public var tokenizer: TokenizerSettings
    /// Maximum input length of Hugging Face's tokenizer, `model_max_length`; nil means the model's
    /// number of positions.
    public var maximumLength: Int?

    /// Makes a description of these parts.
    public init(
        configuration: String, vocabulary: String, tokenizer: TokenizerSettings,
        maximumLength: Int? = nil
    ) {
        self.configuration = configuration
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
    }

    /// Maximum size of a configuration, because it is stored as an attribute.
    static let maximumConfigurationBytes = 60_000
    /// Maximum size of a vocabulary; no model has a larger one.
    static let maximumVocabularyBytes = 64 << 20

    /// The keys of `config.json` that the exchange with Hugging Face uses.
    struct Sizes: Decodable {
        var modelType: String?
        var architectures: [String]?
        var maxPositionEmbeddings: Int?

        private enum CodingKeys: String, CodingKey {
            case architectures
            case modelType = "model_type"
            case maxPositionEmbeddings = "max_position_embeddings"
        }
    }

    /// Keys of `config.json` that do not affect the model but must be preserved: fine-tuning uses
    /// the first, and Hugging Face the others.
    private static let keptKeys = [
        "classifier_dropout", "position_embedding_type", "use_cache", "gradient_checkpointing",
    ]

    /// Text of a `config.json`, extended by those keys of `original` that do not change a tensor
    /// and that it lacks.
    public static func configuration(_ text: String, keepingKeysOf original: String) -> String {
        guard let brace = text.firstIndex(of: "{"), let old = JSONValue(original),
            let new = JSONValue(text)
        else { return text }
        var added = ""
        for key in keptKeys where new[key] == nil {
            switch old[key] {
            case .boolean(let value): added += "\n  \"\(key)\": \(value),"
            case .number(let value): added += "\n  \"\(key)\": \(value),"
            case .text("absolute"): added += "\n  \"\(key)\": \"absolute\","
            default: continue
            }
        }
        return text[...brace] + added + text[text.index(after: brace)...]
    }

    func sizes(_ path: String) throws -> Sizes {
        do {
            return try JSONDecoder().decode(Sizes.self, from: Data(configuration.utf8))
        } catch {
            throw CheckpointError(.badData, path, "the model's configuration is no JSON object")
        }
    }

    /// The configuration with the two keys that `from_pretrained` needs to determine the model's
    /// class.
    func configurationForHuggingFace(_ path: String) throws -> String {
        let sizes = try sizes(path)
        var added = ""
        if sizes.architectures == nil {
            added += "\n  \"architectures\": [\"BertForPreTraining\"],"
        }
        if sizes.modelType == nil { added += "\n  \"model_type\": \"bert\"," }
        guard !added.isEmpty, let brace = configuration.firstIndex(of: "{") else {
            return configuration
        }
        let rest = configuration[configuration.index(after: brace)...]
        // An object without keys would otherwise get a comma before its brace.
        if rest.first(where: { !$0.isWhitespace }) == "}" { added.removeLast() }
        return "{" + added + rest
    }
}

import FoundationEssentials
public import Tokenization

/// The configuration and the vocabulary that turn a list of tensors into a usable model.
public struct ModelDescription: Sendable, Equatable {
    /// The text of Hugging Face's `config.json`.
    public var configuration: String
    /// The text of Google's `vocab.txt`: one token a line, the line number is the id.
    public var vocabulary: String
    /// The rules that split text into the words that the vocabulary spells.
    public var tokenizer: TokenizerSettings
    /// The longest input that Hugging Face's tokenizer lets pass, `model_max_length`; nil: as many
    /// tokens as the model has positions.
    public var maximumLength: Int?

    /// A description of these parts.
    public init(
        configuration: String, vocabulary: String, tokenizer: TokenizerSettings,
        maximumLength: Int? = nil
    ) {
        self.configuration = configuration
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
    }

    /// Longer configurations are refused: they are stored as an attribute.
    static let maximumConfigurationBytes = 60_000
    /// Longer vocabularies are refused: no model has them.
    static let maximumVocabularyBytes = 64 << 20

    /// The few keys of `config.json` that the exchange with Hugging Face looks at.
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

    /// Keys of `config.json` that do not affect the model but must be kept: fine-tuning uses the
    /// first, and Hugging Face the others.
    private static let keptKeys = [
        "classifier_dropout", "position_embedding_type", "use_cache", "gradient_checkpointing",
    ]

    /// The text of a `config.json` with those keys of `original`, another one, that do not change a
    /// tensor and that it lacks.
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

    /// The configuration with the two keys without which `from_pretrained` does not know what to
    /// make of it.
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
        // An object without keys would end up with a comma before its brace.
        if rest.first(where: { !$0.isWhitespace }) == "}" { added.removeLast() }
        return "{" + added + rest
    }
}

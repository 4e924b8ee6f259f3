public import BERT
public import Checkpointing
import DurableFiles
import FoundationEssentials
import Kernels
import Models
import Tensors
public import Tokenization
import TrainingStep

/// Source of a model's parameters.
public enum ModelOrigin: Sendable {
    /// Random initialization.
    case random
    /// Another model, `model.initialize_from`: parameters only.
    case model(SavedModel)
    /// A checkpoint to resume from, with the complete state.
    case checkpoint(Checkpoint)
}

/// The model a run trains, before memory is allocated for it.
public struct ModelSetup {
    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// Its vocabulary.
    public let vocabulary: Vocabulary
    /// The rules that split text into words.
    public let tokenizer: TokenizerSettings
    /// Notes on parts that a stored model lacks, or has but that are not read.
    public let notices: [String]
    /// Description of the stored model.
    private let stored: ModelDescription?
    /// Source of its parameters.
    public let origin: ModelOrigin

    /// Sets up the model that `settings` specify.
    ///
    /// - Parameters:
    ///   - corpus: vocabulary of the training data, if it has one, and its tokenizer settings.
    ///   - origin: source of vocabulary and tokenizer, and of sizes that the settings do not give.
    ///   - momentShards: number of ranks that share the moments; 1 if each has all.
    /// - Throws: `PretrainingError` (78) if the vocabulary does not fit the model or differs from
    ///   `model.vocabulary`, or if the memory is too small.
    public init(
        _ settings: ModelSettings, files: RunConfiguration.ModelFiles,
        corpus: (vocabulary: Vocabulary, tokenizer: TokenizerSettings)?,
        origin: ModelOrigin, momentShards: Int
    ) throws {
        self.origin = origin
        let named = try Self.namedVocabulary(files.vocabulary, isNeeded: !origin.isCheckpoint)
        if let saved = origin.saved {
            let model = try StoredModel(saved)
            stored = model.description
            vocabulary = model.vocabulary
            tokenizer = model.description.tokenizer
            configuration =
                files.initializeFrom == nil
                ? settings.configuration(vocabularySize: vocabulary.count)
                : try Self.apply(settings, to: model.configuration, path: saved.path)
            notices = try origin.isCheckpoint ? [] : model.parts().notices
        } else {
            stored = nil
            notices = []
            (vocabulary, tokenizer) = try Self.words(corpus, named)
            configuration = settings.configuration(vocabularySize: vocabulary.count)
        }
        if let named { try check(named, path: files.vocabulary) }
        try Self.check(configuration, vocabulary)
        try ModelMemory.training(momentShards: momentShards).check(.pretraining(configuration))
    }

    /// Vocabulary and tokenizer of a model without an origin: the data's, otherwise those of the
    /// file named by `model.vocabulary`.
    private static func words(
        _ corpus: (vocabulary: Vocabulary, tokenizer: TokenizerSettings)?, _ named: Vocabulary?
    ) throws -> (Vocabulary, TokenizerSettings) {
        guard
            let chosen = corpus
                ?? named.map({ ($0, TokenizerSettings(lowercase: !$0.isCased)) })
        else {
            throw PretrainingError.configuration(
                "there is no vocabulary: the training data have none, and model.vocabulary is "
                    + "null; name the vocab.txt that they were tokenized with there")
        }
        return chosen
    }

    /// Throws if `model.vocabulary` differs from the model's vocabulary.
    private func check(_ named: Vocabulary, path: String?) throws {
        guard named.text != vocabulary.text else { return }
        throw PretrainingError.configuration(
            "model.vocabulary (\(path ?? "")) is another vocabulary than that of "
                + "\(origin.saved?.path ?? "the training data"); leave it null, or build the "
                + "corpus with it (`bert corpus build --vocab`)")
    }

    /// The vocabulary named by `model.vocabulary`.
    private static func namedVocabulary(
        _ path: String?, isNeeded: Bool
    ) throws -> Vocabulary? {
        guard let path else { return nil }
        guard try isNeeded || Paths.exists(path) else { return nil }
        return try Vocabulary(contentsOf: path)
    }

    /// Applies settings to the stored model's configuration. Only settings that do not change a
    /// tensor may override it.
    private static func apply(
        _ settings: ModelSettings, to stored: BERTConfiguration, path: String
    ) throws -> BERTConfiguration {
        let wanted = settings.applied(to: stored)
        guard ParameterLayout.pretraining(wanted) == ParameterLayout.pretraining(stored),
            wanted.heads == stored.heads
        else {
            throw PretrainingError.configuration(
                "the model in \(path) has other sizes than the configuration asks for; leave the "
                    + "sizes under `model` out: model.initialize_from brings its own")
        }
        return wanted
    }

    private static func check(
        _ configuration: BERTConfiguration, _ vocabulary: Vocabulary
    ) throws {
        if let problem = configuration.problem { throw PretrainingError.configuration(problem) }
        guard vocabulary.count <= configuration.vocabularySize else {
            throw PretrainingError.configuration(
                "the vocabulary has \(vocabulary.count) entries, but the model only "
                    + "\(configuration.vocabularySize) (model.vocab_size): raise vocab_size or "
                    + "train a smaller vocabulary")
        }
    }

    /// Reads a checkpoint's description of the model.
    public func description() throws -> ModelDescription {
        let text = try configuration.json()
        return ModelDescription(
            configuration: stored.map {
                ModelDescription.configuration(text, keepingKeysOf: $0.configuration)
            } ?? text,
            vocabulary: vocabulary.text, tokenizer: tokenizer,
            maximumLength: stored?.maximumLength)
    }

    /// Initializes the parameters of `model`.
    public func initialize(_ model: BERTForPreTraining, seed: UInt64) throws {
        guard let saved = origin.saved else { return model.initialize(seed: seed) }
        try saved.initialize(model, seed: seed)
    }
}

extension SavedModel {
    /// Initializes the parameters of `model`; heads missing from the stored model are initialized
    /// at random.
    func initialize(_ model: BERTForPreTraining, seed: UInt64) throws {
        let parts = try StoredParts(self, model.layout)
        if !parts.missing.isEmpty { model.initialize(seed: seed) }
        try readParameters(model.layout, into: model.parameters) { parts.layout[$0] != nil }
    }
}

extension ModelOrigin {
    /// The stored model; `nil` if there is none.
    var saved: SavedModel? {
        switch self {
        case .random: nil
        case .model(let saved): saved
        case .checkpoint(let checkpoint): .checkpoint(checkpoint)
        }
    }

    fileprivate var isCheckpoint: Bool {
        if case .checkpoint = self { true } else { false }
    }
}

extension Vocabulary {
    /// Whether it contains pieces with ASCII capitals, as only vocabularies of cased text do.
    var isCased: Bool {
        (0..<Int32(count)).contains { id in
            !isSpecial(id) && !token(id).hasPrefix("[unused")
                && bytes(id).contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        }
    }
}

extension BERTConfiguration {
    /// The text of a `config.json` that Hugging Face reads.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        var text = String(decoding: try encoder.encode(self), as: UTF8.self)
        if let brace = text.firstIndex(of: "{") {
            text.insert(
                contentsOf: """

                      "architectures": ["BertForPreTraining"],
                      "model_type": "bert",
                    """, at: text.index(after: brace))
        }
        return text
    }
}

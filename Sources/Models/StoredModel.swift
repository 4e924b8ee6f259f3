public import BERT
public import Checkpointing
import DurableFiles
import FoundationEssentials
public import Tokenization

/// A stored model whose text files were read and are consistent: the starting point of every
/// program that takes a model.
public struct StoredModel: Sendable {
    /// Source of its parameters.
    public let saved: SavedModel
    /// Its configuration, vocabulary and tokenizer.
    public let description: ModelDescription
    /// Sizes and constants.
    public let configuration: BERTConfiguration
    /// Pieces of the tokenizer.
    public let vocabulary: Vocabulary

    /// Reads a model's text files, but not its parameters.
    ///
    /// - Throws: `CheckpointError` for a configuration that this program does not support, and for
    ///   a vocabulary larger than the model's.
    public init(_ saved: SavedModel) throws {
        self.saved = saved
        description = try saved.description()
        configuration = try description.bertConfiguration(path: saved.path)
        vocabulary = try Vocabulary(
            utf8: Array(description.vocabulary.utf8), source: saved.path)
        guard vocabulary.count <= configuration.vocabularySize else {
            throw CheckpointError(
                .badData, saved.path,
                "its vocabulary has \(vocabulary.count) entries, added tokens included, the model only"
                    + " \(configuration.vocabularySize) (vocab_size)")
        }
    }

    /// The tokenizer that the model was trained with.
    public func tokenizer() -> WordPieceTokenizer {
        WordPieceTokenizer(vocabulary: vocabulary, settings: description.tokenizer)
    }

    /// Checks names and shapes of a pre-training model, and returns its parts.
    public func parts() throws -> StoredParts {
        try StoredParts(saved, .pretraining(configuration))
    }
}

extension ModelDescription {
    /// Sizes and constants named in `config.json`.
    ///
    /// - Parameter path: the directory, for the error.
    public func bertConfiguration(path: String) throws -> BERTConfiguration {
        do {
            return try JSONDecoder().decode(
                BERTConfiguration.self, from: Data(configuration.utf8))
        } catch {
            throw CheckpointError(
                .badData, path, "its config.json is invalid: \(ManifestFile.explain(error))")
        }
    }
}

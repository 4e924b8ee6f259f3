public import Tokenization

/// A part of a corpus that never shares a document with another part.
public enum CorpusSplit: String, Sendable, CaseIterable, Codable {
    /// Training data.
    case train
    /// Held-out data, for evaluation only.
    case heldout
}

/// Metadata in the manifest of a corpus directory, in addition to its list of files.
public struct CorpusManifest: Codable, Sendable, Equatable {
    /// Sizes of one split.
    public struct Counts: Codable, Sendable, Equatable {
        /// Number of shard files.
        public var shards = 0
        /// Number of documents.
        public var documents = 0
        /// Number of sentences.
        public var sentences = 0
        /// Number of tokens.
        public var tokens = 0
    }

    /// Always "bert-corpus": distinguishes this directory from others with a manifest.
    public var kind = Self.kind
    /// Version of the rules by which text becomes sentences and tokens. Another version may produce
    /// other data from the same text.
    public var builderVersion = Self.builderVersion
    /// Number of entries of the vocabulary.
    public var vocabularySize: Int
    /// Whether text was lowercased.
    private var lowercase: Bool
    /// The tokenizer's settings, if `lowercase` does not determine them.
    private var customTokenizer: TokenizerSettings?
    /// Seed of the selection of held-out documents.
    public var seed: UInt64
    /// Requested fraction of held-out documents.
    public var heldoutShare: Double
    /// Maximum number of tokens of a sentence; longer ones were split.
    public var maximumSentenceLength: Int
    /// Counts of the training split.
    public var train = Counts()
    /// Counts of the held-out split.
    public var heldout = Counts()
    /// Changes made to the text.
    public var notes = BuildNotes()
    /// Hashes by which readers verify the shards. Nil in corpora of earlier versions, whose shards
    /// are verified as a whole by the manifest's SHA-256 of each file.
    public var checksums: ShardChecksums?

    static let kind = "bert-corpus"
    static let builderVersion = 3
    /// The newest version of the format. In version 1 `lowercase` says all about tokens.
    static let newestFormatVersion = 2
    /// Version that it is written in: the oldest that can express it.
    var formatVersion: Int { customTokenizer == nil ? 1 : 2 }
    /// The tokenizer's settings.
    public var tokenizer: TokenizerSettings {
        customTokenizer ?? TokenizerSettings(lowercase: lowercase)
    }

    private enum CodingKeys: String, CodingKey {
        case kind
        case builderVersion = "builder_version"
        case vocabularySize = "vocabulary_size"
        case lowercase
        case customTokenizer = "tokenizer"
        case seed
        case heldoutShare = "heldout_share"
        case maximumSentenceLength = "maximum_sentence_length"
        case train
        case heldout
        case notes
        case checksums
    }

    init(
        vocabularySize: Int, tokenizer: TokenizerSettings, seed: UInt64, heldoutShare: Double,
        maximumSentenceLength: Int
    ) {
        self.vocabularySize = vocabularySize
        lowercase = tokenizer.lowercase
        customTokenizer = tokenizer.isPlain ? nil : tokenizer
        self.seed = seed
        self.heldoutShare = heldoutShare
        self.maximumSentenceLength = maximumSentenceLength
    }

    /// Fraction of `[UNK]`, given their `count`.
    public func unknownTokens(_ count: Int) -> UnknownTokens {
        UnknownTokens(count, of: train.tokens + heldout.tokens)
    }

    /// The sizes of `split`.
    public subscript(split: CorpusSplit) -> Counts {
        get { split == .train ? train : heldout }
        set { if split == .train { train = newValue } else { heldout = newValue } }
    }
}

/// Changes made to the text of a corpus during the build.
public struct BuildNotes: Codable, Sendable, Equatable {
    /// Bytes of text read.
    public var textBytes = 0
    /// Documents without tokens, which are skipped.
    public var emptyDocuments = 0
    /// Documents whose text occurred before; kept unless `removedDuplicates`.
    public var duplicateDocuments = 0
    /// Whether duplicates were removed.
    public var removedDuplicates = false
    /// Additional pieces from splitting documents that exceed the memory limit.
    public var cutDocuments = 0
    /// Additional pieces from splitting sentences with too many tokens.
    public var cutSentences = 0
    /// Number of replaced byte sequences: invalid UTF-8 and NUL bytes.
    public var replacedBytes = 0
    /// Number of `[UNK]` tokens in both splits; nil in corpora of earlier versions.
    public var unknownTokens: Int?

    private enum CodingKeys: String, CodingKey {
        case textBytes = "text_bytes"
        case emptyDocuments = "empty_documents"
        case duplicateDocuments = "duplicate_documents"
        case removedDuplicates = "removed_duplicates"
        case cutDocuments = "cut_documents"
        case cutSentences = "cut_sentences"
        case replacedBytes = "replaced_bytes"
        case unknownTokens = "unknown_tokens"
    }
}

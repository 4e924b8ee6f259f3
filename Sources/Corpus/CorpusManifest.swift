public import Tokenization

/// A part of a corpus that never shares a document with another part.
public enum CorpusSplit: String, Sendable, CaseIterable, Codable {
    /// The data that is trained on.
    case train
    /// The data that is only evaluated on.
    case heldout
}

/// Metadata in the manifest of a corpus directory, beside its list of files.
public struct CorpusManifest: Codable, Sendable, Equatable {
    /// Sizes of one split.
    public struct Counts: Codable, Sendable, Equatable {
        /// Shard files.
        public var shards = 0
        /// Documents.
        public var documents = 0
        /// Sentences.
        public var sentences = 0
        /// Tokens.
        public var tokens = 0
    }

    /// Always "bert-corpus": distinguishes this directory from others with a manifest.
    public var kind = Self.kind
    /// The version of the rules by which text becomes sentences and tokens. Another version may
    /// make other data from the same text.
    public var builderVersion = Self.builderVersion
    /// Entries of the vocabulary.
    public var vocabularySize: Int
    /// Whether text was made lower case.
    private var lowercase: Bool
    /// The tokenizer's settings, where `lowercase` is not enough.
    private var customTokenizer: TokenizerSettings?
    /// The seed of the choice of held-out documents.
    public var seed: UInt64
    /// The share of documents that was to be held out.
    public var heldoutShare: Double
    /// The greatest number of tokens of a sentence; longer ones were cut into several.
    public var maximumSentenceLength: Int
    /// Counts of the training split.
    public var train = Counts()
    /// Counts of the held-out split.
    public var heldout = Counts()
    /// Changes made to the text.
    public var notes = BuildNotes()
    /// Hashes by which readers verify the shards; nil in corpora of earlier versions, whose shards
    /// are verified as wholes by the SHA-256 that the manifest has of every file.
    public var checksums: ShardChecksums?

    static let kind = "bert-corpus"
    static let builderVersion = 2
    /// The newest version of the format. In version 1 `lowercase` says all about tokens.
    static let newestFormatVersion = 2
    /// The version that it is written in: the oldest that says all.
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

    /// The share of `[UNK]`, where `count` tokens are that.
    public func unknownTokens(_ count: Int) -> UnknownTokens {
        UnknownTokens(count, of: train.tokens + heldout.tokens)
    }

    /// The sizes of `split`.
    public subscript(split: CorpusSplit) -> Counts {
        get { split == .train ? train : heldout }
        set { if split == .train { train = newValue } else { heldout = newValue } }
    }
}

/// Changes made to the text of a corpus on its way into the shards.
public struct BuildNotes: Codable, Sendable, Equatable {
    /// Bytes of text read.
    public var textBytes = 0
    /// Documents without a single token, which are skipped.
    public var emptyDocuments = 0
    /// Documents whose text had come before, kept unless `removedDuplicates` says so.
    public var duplicateDocuments = 0
    /// Whether duplicates were removed.
    public var removedDuplicates = false
    /// Pieces above the first that documents too large for the memory cap were cut into.
    public var cutDocuments = 0
    /// Pieces above the first that sentences of too many tokens were cut into.
    public var cutSentences = 0
    /// Byte sequences that were not UTF-8, and NUL bytes, that were replaced.
    public var replacedBytes = 0
    /// Tokens of both splits that are `[UNK]`; nil in corpora of earlier versions.
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

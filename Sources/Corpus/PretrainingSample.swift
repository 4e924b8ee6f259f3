import Randomness

/// Identity of a sample: the epoch, and the index in that epoch's order.
public struct SampleIdentity: Hashable, Sendable {
    /// The epoch, from 0.
    public var epoch: Int
    /// The index in the epoch's order, from 0.
    public var index: Int

    /// Number of epochs that can be addressed.
    public static let epochLimit = RandomAddress.epochLimit

    /// Identifies index `index` of epoch `epoch`.
    public init(epoch: Int, index: Int) {
        self.epoch = epoch
        self.index = index
    }
}

/// One input of BERT's pre-training: two segments with masks applied, and the tokens to predict.
///
/// It contains no padding: `tokenIDs` and `segmentIDs` have the sample's own length.
public struct PretrainingSample: Sendable, Equatable {
    /// Identity of the sample. It addresses the random numbers of the model (dropout).
    public var identity: SampleIdentity
    /// `[CLS] A [SEP] B [SEP]` with masks applied; shape [length].
    public var tokenIDs: [Int32]
    /// 0 up to and including the first `[SEP]`, then 1; shape [length].
    public var segmentIDs: [UInt8]
    /// Positions to predict, in ascending order; shape [predictions].
    public var maskedPositions: [Int32]
    /// Original token at each of `maskedPositions`; shape [predictions].
    public var maskedLabels: [Int32]
    /// Whether B comes from another document: label 1 of next-sentence prediction.
    public var isRandomNext: Bool
    /// Index of A's document within the source, if known.
    public var document: Int?

    /// Makes a sample of the given parts.
    public init(
        identity: SampleIdentity, tokenIDs: [Int32], segmentIDs: [UInt8],
        maskedPositions: [Int32], maskedLabels: [Int32], isRandomNext: Bool, document: Int? = nil
    ) {
        self.identity = identity
        self.tokenIDs = tokenIDs
        self.segmentIDs = segmentIDs
        self.maskedPositions = maskedPositions
        self.maskedLabels = maskedLabels
        self.isRandomNext = isRandomNext
        self.document = document
    }

    /// The number of tokens.
    public var length: Int { tokenIDs.count }
}

/// One of the corpora that a source takes its documents from.
public struct SourceCorpus: Sendable, Equatable {
    /// Its directory.
    public var path: String
    /// Index of its first document among all documents of the source.
    public var firstDocument: Int

    /// The corpus at `path`, which follows `firstDocument` documents of other corpora.
    public init(path: String, firstDocument: Int) {
        self.path = path
        self.firstDocument = firstDocument
    }
}

/// A source of samples. A sample is a pure function of (source, epoch, index): requests do not
/// affect each other, and any number of threads may make them concurrently.
public protocol SampleSource: Sendable {
    /// Number of token ids; every id of every sample is below it.
    var vocabularySize: Int { get }
    /// Maximum length of a sample, in tokens.
    var maximumLength: Int { get }
    /// SHA-256 (hexadecimal) of everything that determines the samples: data, settings and seed.
    /// Two sources with the same fingerprint give the same samples.
    var fingerprint: String { get }
    /// Fingerprints of these samples by earlier versions, so that their runs can be resumed.
    var earlierFingerprints: [String] { get }
    /// Corpora of the samples' documents, in document order; empty if samples have no documents.
    var corpora: [SourceCorpus] { get }

    /// Number of samples of epoch `epoch`.
    func sampleCount(epoch: Int) -> Int

    /// The sample at index `index` of epoch `epoch`.
    ///
    /// - Precondition: `0 <= index < sampleCount(epoch:)`.
    /// - Throws: `CorpusError` if the stored data is damaged.
    func sample(epoch: Int, index: Int) throws -> PretrainingSample
}

extension SampleSource {
    /// None.
    public var earlierFingerprints: [String] { [] }
}

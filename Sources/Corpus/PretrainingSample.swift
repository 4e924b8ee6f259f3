import Randomness

/// The place of a sample: which pass over the data, and which place in the order of that pass.
public struct SampleIdentity: Hashable, Sendable {
    /// The pass over the data, counted from 0.
    public var epoch: Int
    /// The place in the epoch's order, counted from 0.
    public var index: Int

    /// Passes over the data that can be addressed.
    public static let epochLimit = RandomAddress.epochLimit

    /// The place `index` of epoch `epoch`.
    public init(epoch: Int, index: Int) {
        self.epoch = epoch
        self.index = index
    }
}

/// One input of BERT's pre-training: two segments with masks applied, and what to predict.
///
/// It holds no padding: `tokenIDs` and `segmentIDs` have the sample's own length.
public struct PretrainingSample: Sendable, Equatable {
    /// The place of the sample in the order of samples. It addresses the random numbers of the
    /// model (dropout).
    public var identity: SampleIdentity
    /// `[CLS] A [SEP] B [SEP]` with masks applied; shape [length].
    public var tokenIDs: [Int32]
    /// 0 up to and including the first `[SEP]`, then 1; shape [length].
    public var segmentIDs: [UInt8]
    /// The positions to predict, rising; shape [predictions].
    public var maskedPositions: [Int32]
    /// The original token at each of `maskedPositions`; shape [predictions].
    public var maskedLabels: [Int32]
    /// Whether B comes from another document: label 1 of next-sentence prediction.
    public var isRandomNext: Bool
    /// The document that A was taken from, counted over the source, where it knows that.
    public var document: Int?

    /// A sample of the given parts.
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

/// A corpus among those that a source takes its documents from.
public struct SourceCorpus: Sendable, Equatable {
    /// Its directory.
    public var path: String
    /// The number, among all documents of the source, of its first.
    public var firstDocument: Int

    /// The corpus at `path` whose documents follow upon `firstDocument` others.
    public init(path: String, firstDocument: Int) {
        self.path = path
        self.firstDocument = firstDocument
    }
}

/// A source of samples. A sample is a pure function of (source, epoch, index): a request never
/// changes the answer to a later one, and any number of threads may ask at once.
public protocol SampleSource: Sendable {
    /// The number of token ids; every id of every sample is below it.
    var vocabularySize: Int { get }
    /// The greatest length that a sample can have, in tokens.
    var maximumLength: Int { get }
    /// SHA-256 (hexadecimal) of all that determines the samples: data, settings and seed. Two
    /// sources with one fingerprint give the same samples.
    var fingerprint: String { get }
    /// Fingerprints that earlier versions gave these samples: runs that those started can resume.
    var earlierFingerprints: [String] { get }
    /// The corpora that samples' documents are in, by rising documents; empty where samples have no
    /// documents.
    var corpora: [SourceCorpus] { get }

    /// The number of samples of epoch `epoch`.
    func sampleCount(epoch: Int) -> Int

    /// The sample at place `index` of epoch `epoch`.
    ///
    /// - Precondition: `0 <= index < sampleCount(epoch:)`.
    /// - Throws: `CorpusError` when the stored data turn out to be damaged.
    func sample(epoch: Int, index: Int) throws -> PretrainingSample
}

extension SampleSource {
    /// None.
    public var earlierFingerprints: [String] { [] }
}

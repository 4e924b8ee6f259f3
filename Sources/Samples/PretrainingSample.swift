import Randomness

/// Identity of a sample: the epoch, and the index in that epoch's order.
public struct SampleIdentity: Hashable, Sendable {
    /// Epoch, from 0.
    public var epoch: Int
    /// Index in the epoch's order, from 0.
    public var index: Int

    /// Number of epochs that can be addressed.
    public static let epochLimit = RandomAddress.epochLimit

    /// Creates the identity of index `index` of epoch `epoch`.
    public init(epoch: Int, index: Int) {
        self.epoch = epoch
        self.index = index
    }
}

/// Input of BERT's pre-training: two segments with masks applied, and the tokens to predict.
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

    /// Creates a sample of the given parts.
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

    /// Number of tokens.
    public var length: Int { tokenIDs.count }
}

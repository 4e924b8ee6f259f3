/// One input of the model: token ids with `[CLS]` and `[SEP]`, without padding.
public struct EncodedText: Equatable, Sendable {
    /// `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`.
    public var tokenIDs: [Int32]
    /// 0 up to the first `[SEP]`, 1 after it. One per token.
    public var segmentIDs: [UInt8]

    /// Makes an input of token ids with one segment id per token.
    public init(tokenIDs: [Int32], segmentIDs: [UInt8]) {
        self.tokenIDs = tokenIDs
        self.segmentIDs = segmentIDs
    }

    /// Joins token ids that have already been truncated.
    init(
        first: some Sequence<Int32>, second: (some Sequence<Int32>)?, clsID: Int32, sepID: Int32
    ) {
        tokenIDs = [clsID]
        tokenIDs.append(contentsOf: first)
        tokenIDs.append(sepID)
        segmentIDs = [UInt8](repeating: 0, count: tokenIDs.count)
        guard let second else { return }
        tokenIDs.append(contentsOf: second)
        tokenIDs.append(sepID)
        segmentIDs += [UInt8](repeating: 1, count: tokenIDs.count - segmentIDs.count)
    }
}

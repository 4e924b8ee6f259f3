/// A document on its way into a shard.
struct EncodedDocument: Sendable {
    var tokens: [Int32]
    /// Where each sentence ends in `tokens`.
    var sentenceEnds: [Int]
    var key: DocumentKey
}

/// Sends each document to a split by its key, and sees to it that neither split stays empty when
/// there are two documents or more.
///
/// As long as all documents have gone one way, the one that is nearest to going the other way is
/// held back. It follows the others as soon as a document does go the other way; if none does, it
/// is the one that goes.
struct SplitChooser {
    private let threshold: UInt64
    private let share: Double
    private var heldBack: EncodedDocument?
    /// The split that all documents have gone to so far, or nil once both have some.
    private var onlySplit: CorpusSplit?
    private var hasBoth = false

    /// A chooser that holds out `share` of all documents.
    init(share: Double) {
        self.share = share
        // 2^64 x share; a share of 1 is not allowed.
        threshold = UInt64(share * 0x1p64)
    }

    /// Where `document` belongs, and what is to be written now, in this order.
    mutating func route(_ document: EncodedDocument) -> [(CorpusSplit, EncodedDocument)] {
        let split: CorpusSplit = document.key.split < threshold ? .heldout : .train
        guard share > 0, !hasBoth else { return [(split, document)] }
        guard let only = onlySplit, let held = heldBack else {
            onlySplit = split
            heldBack = document
            return []
        }
        if split != only {
            hasBoth = true
            heldBack = nil
            return [(only, held), (split, document)]
        }
        let isNearer =
            only == .train
            ? document.key.split < held.key.split : document.key.split > held.key.split
        guard isNearer else { return [(only, document)] }
        heldBack = document
        return [(only, held)]
    }

    /// What is left to be written when all documents have come.
    ///
    /// - Parameter count: The number of documents that came.
    func finish(count: Int) -> [(CorpusSplit, EncodedDocument)] {
        guard let held = heldBack else { return [] }
        return [(count > 1 && onlySplit == .train ? .heldout : .train, held)]
    }
}

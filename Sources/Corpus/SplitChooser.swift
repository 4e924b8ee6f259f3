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
/// held back, with all documents of the same text: equal texts are never on both sides. It follows
/// the others as soon as a document does go the other way; if none does, it is the one that goes.
struct SplitChooser {
    private let threshold: UInt64
    private let share: Double
    private var heldBack: EncodedDocument?
    /// How often the text that is held back has come.
    private var copies = 0
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
            hold(document)
            return []
        }
        if document.key == held.key {
            copies += 1
            return []
        }
        if split != only {
            hasBoth = true
            heldBack = nil
            return release(held, to: only) + [(split, document)]
        }
        let isNearer =
            only == .train
            ? document.key.split < held.key.split : document.key.split > held.key.split
        guard isNearer else { return [(only, document)] }
        defer { hold(document) }
        return release(held, to: only)
    }

    /// What is left to be written when all documents have come.
    ///
    /// - Parameter count: The number of documents that came.
    func finish(count: Int) -> [(CorpusSplit, EncodedDocument)] {
        guard let held = heldBack else { return [] }
        // A single text has no other side.
        return release(held, to: count > copies && onlySplit == .train ? .heldout : .train)
    }

    private mutating func hold(_ document: EncodedDocument) {
        heldBack = document
        copies = 1
    }

    private func release(
        _ held: EncodedDocument, to split: CorpusSplit
    ) -> [(CorpusSplit, EncodedDocument)] {
        Array(repeating: (split, held), count: copies)
    }
}

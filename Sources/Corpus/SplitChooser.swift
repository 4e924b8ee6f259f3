/// A document to be written to a shard.
struct EncodedDocument: Sendable {
    var tokens: [Int32]
    /// End of each sentence in `tokens`.
    var sentenceEnds: [Int]
    var key: DocumentKey
}

/// Assigns each document to a split by its key, so that neither split stays empty if there are two
/// or more documents.
///
/// As long as all documents have gone to one split, the one that is nearest to the other split is
/// held back, with all documents of the same text, because equal texts are never in both splits. It
/// follows the others as soon as a document goes to the other split; if none does, it goes there
/// itself.
struct SplitChooser {
    private let threshold: UInt64
    private let share: Double
    private var heldBack: EncodedDocument?
    /// Number of occurrences of the text held back.
    private var copies = 0
    /// Split of all documents so far, or nil once both have some.
    private var onlySplit: CorpusSplit?
    private var hasBoth = false

    /// Makes a chooser that holds out the fraction `share` of all documents.
    init(share: Double) {
        self.share = share
        // 2^64 x share; a share of 1 is not allowed.
        threshold = UInt64(share * 0x1p64)
    }

    /// Assigns `document` to a split, and returns the documents to write now, in this order.
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

    /// Returns the remaining documents to write, after the last document.
    ///
    /// - Parameter count: Total number of documents.
    func finish(count: Int) -> [(CorpusSplit, EncodedDocument)] {
        guard let held = heldBack else { return [] }
        // A single text cannot be in both splits.
        guard count > copies else { return release(held, to: .train) }
        switch onlySplit {
        case .train: return release(held, to: .heldout)
        case .heldout, nil: return release(held, to: .train)
        }
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

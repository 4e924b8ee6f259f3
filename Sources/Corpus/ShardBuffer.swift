/// A shard being filled, in memory.
struct ShardBuffer {
    /// Token ids, if they fit into 16 bits; otherwise empty.
    private(set) var narrowTokens: [UInt16] = []
    /// Token ids, if some need more; otherwise empty.
    private(set) var wideTokens: [Int32] = []
    private(set) var sentenceOffsets: [Int64] = [0]
    private(set) var documentOffsets: [Int64] = [0]
    /// Whether ids fit into 16 bits.
    let isNarrow: Bool

    /// Makes an empty shard for ids below `vocabularySize`.
    init(vocabularySize: Int) {
        isNarrow = vocabularySize <= 1 << 16
    }

    var tokenCount: Int { Int(sentenceOffsets[sentenceOffsets.count - 1]) }
    var sentenceCount: Int { sentenceOffsets.count - 1 }
    var documentCount: Int { documentOffsets.count - 1 }

    /// Adds a document whose sentences end at `sentenceEnds` in `ids`.
    mutating func append(_ ids: [Int32], sentenceEnds: [Int]) {
        let shift = tokenCount
        if isNarrow {
            narrowTokens.append(contentsOf: ids.lazy.map { UInt16(truncatingIfNeeded: $0) })
        } else {
            wideTokens.append(contentsOf: ids)
        }
        sentenceOffsets.append(contentsOf: sentenceEnds.lazy.map { Int64($0 + shift) })
        documentOffsets.append(Int64(sentenceCount))
    }

    /// Removes all contents but keeps the memory.
    mutating func removeAll() {
        narrowTokens.removeAll(keepingCapacity: true)
        wideTokens.removeAll(keepingCapacity: true)
        sentenceOffsets.removeSubrange(1...)
        documentOffsets.removeSubrange(1...)
    }
}

/// All documents of one split of a corpus, indexed across its shards.
package struct DocumentStore: Sendable {
    let shards: [CorpusShard]
    /// Index of the first document of each shard, plus the total count.
    private let firstDocument: [Int]

    /// Indexes the documents of `shards`, in their order.
    package init(shards: [CorpusShard]) {
        self.shards = shards
        var sum = 0
        firstDocument =
            [0]
            + shards.map { shard in
                sum += shard.documentCount
                return sum
            }
    }

    /// Joins the documents of several stores, one store after another.
    init(joining stores: [DocumentStore]) {
        self.init(shards: stores.flatMap(\.shards))
    }

    /// The number of documents.
    package var count: Int { firstDocument[shards.count] }

    /// The shard of document `document`, and its index there.
    func locate(_ document: Int) -> (shard: CorpusShard, index: Int) {
        let shard = lastIndex(in: firstDocument, notAbove: document)
        return (shards[shard], document - firstDocument[shard])
    }

    /// Checks all token ids and returns how many of them equal `id`.
    func checkTokens(vocabularySize: Int, counting id: Int32) throws(CorpusError) -> Int {
        var found = 0
        var buffer: [Int32] = []
        for shard in shards {
            for start in stride(from: 0, to: shard.tokenCount, by: 1 << 16) {
                buffer.removeAll(keepingCapacity: true)
                try shard.appendTokens(
                    start..<min(start + 1 << 16, shard.tokenCount), to: &buffer,
                    vocabularySize: vocabularySize)
                found += buffer.count { $0 == id }
            }
        }
        return found
    }

    /// Calls `body` with every document's index and its sentences' token offsets, in order.
    func forEachDocument(_ body: (Int, UnsafeBufferPointer<Int64>) -> Void) {
        var document = 0
        for shard in shards {
            for index in 0..<shard.documentCount {
                body(document, shard.sentenceOffsets(ofDocument: index))
                document += 1
            }
        }
    }
}

/// Last index of the ascending `values` whose value is not above `value`.
///
/// - Precondition: `values[0] <= value`.
func lastIndex(in values: [Int], notAbove value: Int) -> Int {
    var low = 0
    var high = values.count
    while high - low > 1 {
        let middle = (low + high) / 2
        if values[middle] <= value { low = middle } else { high = middle }
    }
    return low
}

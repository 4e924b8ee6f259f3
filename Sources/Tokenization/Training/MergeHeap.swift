/// A binary heap of pairs: the most frequent first, ties ordered by `PieceList.precedes`.
struct MergeHeap {
    struct Entry {
        let count: Int64
        /// Index in a `PairTable`.
        let pair: Int
    }

    private var entries: [Entry] = []

    mutating func push(_ count: Int64, _ pair: Int, _ pairs: [PiecePair], _ list: PieceList) {
        let entry = Entry(count: count, pair: pair)
        entries.append(entry)
        var place = entries.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard precedes(entry, entries[parent], pairs, list) else { break }
            entries[place] = entries[parent]
            place = parent
        }
        entries[place] = entry
    }

    mutating func pop(_ pairs: [PiecePair], _ list: PieceList) -> Entry? {
        guard let top = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return top }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count,
                precedes(entries[child + 1], entries[child], pairs, list)
            {
                child += 1
            }
            guard precedes(entries[child], last, pairs, list) else { break }
            entries[place] = entries[child]
            place = child
        }
        entries[place] = last
        return top
    }

    private func precedes(
        _ a: Entry, _ b: Entry, _ pairs: [PiecePair], _ list: PieceList
    ) -> Bool {
        if a.count != b.count { return a.count > b.count }
        return a.pair != b.pair && list.precedes(pairs[a.pair], pairs[b.pair])
    }
}

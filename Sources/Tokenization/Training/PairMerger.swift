/// Joins the most frequent pair of adjacent pieces in all words until there are enough pieces.
///
/// Counts of pairs are updated word by word; a heap finds the most frequent one. Its entries are
/// never too low: a pair that grows is pushed again, and one that shrinks is corrected when it
/// reaches the top.
struct PairMerger {
    /// Pieces of all words, one word after another.
    private var pieces: [Int32] = []
    /// Start of each word, its current number of pieces, and its count in the text.
    private var words: [(start: Int32, length: Int32, count: Int64)] = []
    private var table = PairTable()
    /// Occurrences of the words that the alphabet can spell; only these are used.
    private(set) var coveredWords: Int64 = 0

    /// Last merge in which each pair grew, so that it is pushed only once.
    private var grownIn: [Int32] = []
    private var merges: Int32 = 0

    /// Spells words as characters.
    ///
    /// - Throws: `tooManyLetters`.
    init(_ counts: ByteCountTable, _ alphabet: Alphabet) throws(WordPieceTrainerError) {
        let continuing = Self.continuationNumbers(alphabet)
        for entry in counts.entries {
            let start = pieces.count
            var known = true
            counts.withBytes(of: entry) { bytes in
                forEachScalar(bytes) { scalar in
                    let place = alphabet.place(of: scalar)
                    known = known && place != nil
                    let first = pieces.count == start
                    pieces.append(place.map { first ? $0 : continuing[Int($0)] } ?? 0)
                }
            }
            guard known else {
                // A word with an unknown character is [UNK] regardless of its other pieces.
                pieces.removeLast(pieces.count - start)
                continue
            }
            coveredWords += entry.count
            guard pieces.count < 1 << 29 else { throw .tooManyLetters }
            if pieces.count - start < 2 {
                pieces.removeLast(pieces.count - start)
            } else {
                words.append((Int32(start), Int32(pieces.count - start), entry.count))
            }
        }
        countPairs()
    }

    /// Number of the `##` form of each character of an alphabet in `PieceList`.
    private static func continuationNumbers(_ alphabet: Alphabet) -> [Int32] {
        var next = Int32(alphabet.characters.count)
        return alphabet.characters.map { scalar in
            if alphabet.isIsolated(scalar) { return 0 }
            defer { next += 1 }
            return next
        }
    }

    private mutating func countPairs() {
        for (index, word) in words.enumerated() {
            for place in Int(word.start)..<Int(word.start + word.length) - 1 {
                let pair = table.index(
                    of: PiecePair(left: pieces[place], right: pieces[place + 1]))
                table.add(word.count, at: pair)
                table.note(Int32(index), at: pair)
            }
        }
    }

    /// Joins pairs that occur at least `minimumFrequency` times until there are `size` pieces.
    mutating func run(_ list: inout PieceList, upTo size: Int, minimumFrequency: Int64) {
        var heap = MergeHeap()
        for index in table.counts.indices where table.counts[index] >= minimumFrequency {
            heap.push(table.counts[index], index, table.pairs, list)
        }
        while list.count < size, let top = heap.pop(table.pairs, list) {
            let count = table.counts[top.pair]
            guard count == top.count else {
                if count >= minimumFrequency { heap.push(count, top.pair, table.pairs, list) }
                continue
            }
            let pair = table.pairs[top.pair]
            let joined = list.join(pair.left, pair.right)
            for grown in merge(top.pair, into: joined)
            where table.counts[grown] >= minimumFrequency {
                heap.push(table.counts[grown], grown, table.pairs, list)
            }
        }
    }

    /// Replaces a pair by one piece in all words; returns the pairs that became more frequent.
    private mutating func merge(_ index: Int, into joined: Int32) -> [Int] {
        let pair = table.pairs[index]
        merges += 1
        var grown: [Int] = []
        for word in table.words(at: index) { merge(pair, into: joined, in: word, &grown) }
        table.clear(index)
        return grown
    }

    private mutating func merge(
        _ pair: PiecePair, into joined: Int32, in word: Int32, _ grown: inout [Int]
    ) {
        let (start, length, count) = words[Int(word)]
        let end = Int(start + length)
        var read = Int(start)
        var write = Int(start)
        while read < end {
            guard read + 1 < end, pieces[read] == pair.left, pieces[read + 1] == pair.right else {
                pieces[write] = pieces[read]
                write += 1
                read += 1
                continue
            }
            if write > Int(start) {
                let before = pieces[write - 1]
                remove(PiecePair(left: before, right: pair.left), count)
                add(PiecePair(left: before, right: joined), count, word, &grown)
            }
            if read + 2 < end {
                let after = pieces[read + 2]
                remove(PiecePair(left: pair.right, right: after), count)
                add(PiecePair(left: joined, right: after), count, word, &grown)
            }
            pieces[write] = joined
            write += 1
            read += 2
        }
        words[Int(word)].length = Int32(write) - start
    }

    private mutating func remove(_ pair: PiecePair, _ count: Int64) {
        table.add(-count, at: table.index(of: pair))
    }

    private mutating func add(
        _ pair: PiecePair, _ count: Int64, _ word: Int32, _ grown: inout [Int]
    ) {
        let index = table.index(of: pair)
        table.add(count, at: index)
        table.note(word, at: index)
        while grownIn.count <= index { grownIn.append(0) }
        if grownIn[index] != merges {
            grownIn[index] = merges
            grown.append(index)
        }
    }
}

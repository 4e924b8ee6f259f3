/// Counts of pairs of adjacent pieces, and the words that contain each pair.
struct PairTable {
    /// Marks the end of a list of words.
    private static let none: Int32 = -1

    private(set) var pairs: [PiecePair] = []
    private(set) var counts: [Int64] = []
    /// Start of each pair's list of words in `places`.
    private var heads: [Int32] = []
    /// Elements of linked lists. A word may be listed twice, and remain listed after the pair is
    /// gone.
    private var places: [(word: Int32, next: Int32)] = []
    /// Index of a pair plus 1, or 0; open addressing.
    private var slots = [UInt32](repeating: 0, count: 1 << 12)

    /// Index of a pair, which is added with count 0 if it is new.
    mutating func index(of pair: PiecePair) -> Int {
        var slot = find(pair)
        if slots[slot] != 0 { return Int(slots[slot]) - 1 }
        pairs.append(pair)
        counts.append(0)
        heads.append(Self.none)
        if pairs.count * 2 > slots.count {
            grow()
            slot = find(pair)
        }
        slots[slot] = UInt32(pairs.count)
        return pairs.count - 1
    }

    /// Changes a count.
    mutating func add(_ change: Int64, at index: Int) {
        counts[index] += change
    }

    /// Removes all data of a pair.
    mutating func clear(_ index: Int) {
        counts[index] = 0
        heads[index] = Self.none
    }

    /// Records that a pair occurs in a word.
    mutating func note(_ word: Int32, at index: Int) {
        let head = heads[index]
        if head != Self.none, places[Int(head)].word == word { return }
        places.append((word, head))
        heads[index] = Int32(places.count - 1)
    }

    /// Words recorded for a pair.
    func words(at index: Int) -> [Int32] {
        var words: [Int32] = []
        var place = heads[index]
        while place != Self.none {
            words.append(places[Int(place)].word)
            place = places[Int(place)].next
        }
        return words
    }

    private func find(_ pair: PiecePair) -> Int {
        let mask = slots.count - 1
        let key =
            UInt64(UInt32(bitPattern: pair.left)) << 32 | UInt64(UInt32(bitPattern: pair.right))
        var mixed = key &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
        var slot = Int(truncatingIfNeeded: mixed >> 32) & mask
        while slots[slot] != 0, pairs[Int(slots[slot]) - 1] != pair { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        // All but the newest, which the caller is about to insert.
        for index in 0..<pairs.count - 1 { slots[find(pairs[index])] = UInt32(index + 1) }
    }
}

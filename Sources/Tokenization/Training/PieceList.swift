/// Pieces made so far, numbered in order of creation, without the special ones.
struct PieceList {
    /// Text of each piece, without `##`.
    private(set) var texts: [[UInt8]] = []
    /// Whether each piece follows `##`.
    private(set) var continues: [Bool] = []
    private var numbers: [Key: Int32] = [:]

    private struct Key: Hashable {
        let text: [UInt8]
        let continues: Bool
    }

    /// Makes the characters of an alphabet: first all as the beginning of a word, then all that can
    /// continue one.
    init(_ alphabet: Alphabet) {
        for continues in [false, true] {
            for scalar in alphabet.characters where !(continues && alphabet.isIsolated(scalar)) {
                var text: [UInt8] = []
                text.append(utf8: scalar)
                _ = insert(text, continues: continues)
            }
        }
    }

    /// The number of pieces.
    var count: Int { texts.count }

    /// The pieces as written in a vocabulary.
    var tokens: [String] {
        zip(texts, continues).map { text, continues in
            (continues ? "##" : "") + String(decoding: text, as: UTF8.self)
        }
    }

    /// Number of a piece, which is added if it is new.
    mutating func insert(_ text: [UInt8], continues: Bool) -> Int32 {
        let key = Key(text: text, continues: continues)
        if let number = numbers[key] { return number }
        let number = Int32(texts.count)
        numbers[key] = number
        texts.append(text)
        self.continues.append(continues)
        return number
    }

    /// Number of the piece that joins two adjacent pieces; two pairs may join to the same.
    mutating func join(_ left: Int32, _ right: Int32) -> Int32 {
        insert(texts[Int(left)] + texts[Int(right)], continues: continues[Int(left)])
    }

    /// Order of equally frequent pairs: by the bytes of the joined piece, then by the length of the
    /// left half.
    func precedes(_ a: PiecePair, _ b: PiecePair) -> Bool {
        let (aContinues, bContinues) = (continues[Int(a.left)], continues[Int(b.left)])
        // '#' sorts before every letter.
        if aContinues != bContinues { return aContinues }
        let order = compareJoined(
            (texts[Int(a.left)], texts[Int(a.right)]), (texts[Int(b.left)], texts[Int(b.right)]))
        return order != 0 ? order < 0 : texts[Int(a.left)].count < texts[Int(b.left)].count
    }

    private func compareJoined(_ a: ([UInt8], [UInt8]), _ b: ([UInt8], [UInt8])) -> Int {
        let (aCount, bCount) = (a.0.count + a.1.count, b.0.count + b.1.count)
        for index in 0..<min(aCount, bCount) {
            let x = index < a.0.count ? a.0[index] : a.1[index - a.0.count]
            let y = index < b.0.count ? b.0[index] : b.1[index - b.0.count]
            if x != y { return x < y ? -1 : 1 }
        }
        return aCount - bCount
    }
}

/// Two adjacent pieces.
struct PiecePair: Hashable {
    let left: Int32
    let right: Int32
}

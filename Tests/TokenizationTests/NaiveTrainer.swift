/// `WordPieceTrainer` as defined by its documentation, recounting everything for each merge.
struct NaiveTrainer {
    private(set) var tokens: [String]
    private var words: [[String]: Int] = [:]

    init(_ words: [[UInt8]], letters: [String]) {
        tokens = letters
        let known = Set(letters)
        for word in words {
            let scalars = String(decoding: word, as: UTF8.self).unicodeScalars
            let spelled = scalars.enumerated().map { $0 == 0 ? String($1) : "##" + String($1) }
            if spelled.allSatisfy({ known.contains($0) }) { self.words[spelled, default: 0] += 1 }
        }
    }

    private struct Pair: Hashable {
        let left: String
        let right: String
        var joined: String { left + String(right.unicodeScalars.dropFirst(2)) }
    }

    mutating func run(upTo size: Int) {
        while tokens.count < size, let best = mostFrequent() {
            if !tokens.contains(best.joined) { tokens.append(best.joined) }
            var merged: [[String]: Int] = [:]
            for (word, count) in words { merged[merge(best, in: word), default: 0] += count }
            words = merged
        }
    }

    private func mostFrequent() -> Pair? {
        var counts: [Pair: Int] = [:]
        for (word, count) in words {
            for (left, right) in zip(word, word.dropFirst()) {
                counts[Pair(left: left, right: right), default: 0] += count
            }
        }
        return counts.max { a, b in
            if a.value != b.value { return a.value < b.value }
            let (x, y) = (Array(a.key.joined.utf8), Array(b.key.joined.utf8))
            if x != y { return y.lexicographicallyPrecedes(x) }
            return a.key.left.utf8.count > b.key.left.utf8.count
        }?.key
    }

    private func merge(_ pair: Pair, in word: [String]) -> [String] {
        var result: [String] = []
        var index = 0
        while index < word.count {
            if index + 1 < word.count, word[index] == pair.left, word[index + 1] == pair.right {
                result.append(pair.joined)
                index += 2
            } else {
                result.append(word[index])
                index += 1
            }
        }
        return result
    }
}

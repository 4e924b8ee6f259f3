import Glibc

/// Finds added tokens in bytes: the leftmost, and the longest of those with the same start, as
/// Hugging Face does.
struct AddedTokenMatcher: Sendable {
    /// A token in a text.
    struct Match {
        let range: Range<Int>
        let id: Int32
    }

    /// Whether there are no tokens to find.
    let isEmpty: Bool
    private let trie: PieceTrie
    /// First byte shared by all tokens; -1 if they differ.
    private let onlyFirst: Int32
    private let isFirst: FrozenTable<Bool>

    /// Makes a matcher of non-empty tokens.
    init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
        isEmpty = tokens.isEmpty
        trie = PieceTrie(words: tokens)
        let firsts = Set(tokens.compactMap(\.bytes.first))
        onlyFirst = firsts.count == 1 ? firsts.first.map(Int32.init) ?? -1 : -1
        isFirst = FrozenTable((0...255 as ClosedRange<UInt8>).map(firsts.contains))
    }

    /// Finds the first token in `start ..< count`.
    func next(_ bytes: UnsafePointer<UInt8>, from start: Int, to count: Int) -> Match? {
        if isEmpty { return nil }
        var position = start
        while position < count {
            if onlyFirst >= 0 {
                guard let found = memchr(bytes + position, onlyFirst, count - position) else {
                    return nil
                }
                position = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
            } else if !isFirst.base[Int(bytes[position])] {
                position += 1
                continue
            }
            let match = trie.longestMatch(
                bytes + position, count - position, root: PieceTrie.wordRoot)
            if match.id >= 0 {
                return Match(range: position..<position + match.length, id: match.id)
            }
            position += 1
        }
        return nil
    }
}

import Glibc

/// Finds added tokens in bytes: the leftmost, and of those that begin there the longest, as Hugging
/// Face does.
struct AddedTokenMatcher: Sendable {
    /// A token in a text.
    struct Match {
        let range: Range<Int>
        let id: Int32
    }

    /// Whether there is nothing to find.
    let isEmpty: Bool
    private let trie: PieceTrie
    /// The byte that all tokens begin with, if it is one; else -1.
    private let onlyFirst: Int32
    private let isFirst: FrozenTable<Bool>

    /// A matcher of tokens that are not empty.
    init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
        isEmpty = tokens.isEmpty
        trie = PieceTrie(words: tokens)
        let firsts = Set(tokens.compactMap(\.bytes.first))
        onlyFirst = firsts.count == 1 ? firsts.first.map(Int32.init) ?? -1 : -1
        isFirst = FrozenTable((0...255 as ClosedRange<UInt8>).map(firsts.contains))
    }

    /// The first token in `start ..< count`.
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

/// The pieces of a vocabulary as a trie over bytes, for greedy longest match.
///
/// There are two roots: one for pieces that begin a word, one for those after `##`. Edges are in
/// one open-addressing table keyed by (node, byte), so a step costs one probe whatever the fan-out.
struct PieceTrie: Sendable {
    /// Root of pieces that begin a word.
    static let wordRoot: UInt32 = 0
    /// Root of pieces that continue a word.
    static let continuationRoot: UInt32 = 1

    /// Each edge is (node << 8 | byte) << 32 | child.
    private let edges: FrozenTable<UInt64>
    private let shift: UInt32
    /// Id of the piece that ends at a node, or -1.
    private let ids: FrozenTable<Int32>

    /// Makes a trie of the pieces of a vocabulary except those with ids in `excluded`.
    init(_ vocabulary: Vocabulary, excluding excluded: Set<Int32> = []) {
        var builder = PieceTrieBuilder()
        for id in 0..<Int32(vocabulary.count) where !excluded.contains(id) {
            let piece = vocabulary.bytes(id)
            if vocabulary.isContinuation(id) {
                builder.insert(piece.dropFirst(2), at: Self.continuationRoot, id: id)
            } else {
                builder.insert(piece, at: Self.wordRoot, id: id)
            }
        }
        self.init(builder)
    }

    /// Makes a trie of whole words.
    init(words: [(bytes: [UInt8], id: Int32)]) {
        var builder = PieceTrieBuilder()
        for word in words { builder.insert(word.bytes, at: Self.wordRoot, id: word.id) }
        self.init(builder)
    }

    private init(_ builder: PieceTrieBuilder) {
        edges = FrozenTable(builder.edges)
        shift = builder.shift
        ids = FrozenTable(builder.ids)
    }

    /// Longest piece at the start of `bytes`, which has `count` > 0 bytes: its id, or -1, and its
    /// length.
    func longestMatch(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, root: UInt32
    ) -> (id: Int32, length: Int) {
        var node = root
        var best = (id: Int32(-1), length: 0)
        for index in 0..<count {
            guard let next = child(of: node, bytes[index]) else { break }
            node = next
            let id = ids.base[Int(node)]
            if id >= 0 { best = (id, index + 1) }
        }
        return best
    }

    @inline(__always)
    private func child(of node: UInt32, _ byte: UInt8) -> UInt32? {
        let key = node << 8 | UInt32(byte)
        var slot = Int(PieceTrieBuilder.hash(key) >> shift)
        while true {
            let edge = edges.base[slot]
            if UInt32(truncatingIfNeeded: edge >> 32) == key {
                return UInt32(truncatingIfNeeded: edge)
            }
            if edge == PieceTrieBuilder.free { return nil }
            slot = (slot + 1) & (edges.count - 1)
        }
    }
}

/// Mutable form of `PieceTrie`.
private struct PieceTrieBuilder {
    /// No edge has node 0xFFFFFF: `Vocabulary.maximumBytes` bounds the nodes below it.
    static let free = UInt64.max

    private(set) var edges = [UInt64](repeating: free, count: 1 << 10)
    private(set) var shift: UInt32 = 32 - 10
    private(set) var ids: [Int32] = [-1, -1]
    private var used = 0

    static func hash(_ key: UInt32) -> UInt32 {
        let mixed = (key ^ key >> 15) &* 0x2C1B_3C6D
        return (mixed ^ mixed >> 13) &* 0x9E37_79B1
    }

    mutating func insert(_ piece: some Sequence<UInt8>, at root: UInt32, id: Int32) {
        var node = root
        for byte in piece {
            let key = node << 8 | UInt32(byte)
            let slot = find(key)
            if edges[slot] != Self.free {
                node = UInt32(truncatingIfNeeded: edges[slot])
            } else {
                node = UInt32(ids.count)
                ids.append(-1)
                edges[slot] = UInt64(key) << 32 | UInt64(node)
                used += 1
                if used * 2 > edges.count { grow() }
            }
        }
        ids[Int(node)] = id
    }

    /// Slot of a key, or the free slot for it.
    private func find(_ key: UInt32) -> Int {
        var slot = Int(Self.hash(key) >> shift)
        while edges[slot] != Self.free, UInt32(truncatingIfNeeded: edges[slot] >> 32) != key {
            slot = (slot + 1) & (edges.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        let old = edges
        edges = [UInt64](repeating: Self.free, count: old.count * 2)
        shift -= 1
        for edge in old where edge != Self.free {
            edges[find(UInt32(truncatingIfNeeded: edge >> 32))] = edge
        }
    }
}

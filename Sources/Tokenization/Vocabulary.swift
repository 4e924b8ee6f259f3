/// Pieces of a WordPiece model and their ids, as in Google's `vocab.txt`.
///
/// A piece is a UTF-8 byte string; its id is its line number, from 0. Pieces are compared as bytes,
/// not as `String`s, because `String`s of composed and decomposed letters are equal although a
/// vocabulary may contain both.
public struct Vocabulary: Sendable, Equatable {
    /// All pieces, one after another, each followed by a line feed: the bytes of `vocab.txt`.
    public let utf8: [UInt8]
    /// Piece `i` is `utf8[starts[i] ..< starts[i + 1] - 1]`.
    private let starts: [UInt32]
    /// Ids sorted by the bytes of their pieces, for lookup.
    private let sorted: [Int32]

    /// Id of `[PAD]`.
    public let padID: Int32
    /// Id of `[UNK]`, which replaces a word that no pieces spell.
    public let unkID: Int32
    /// Id of `[CLS]`.
    public let clsID: Int32
    /// Id of `[SEP]`.
    public let sepID: Int32
    /// Id of `[MASK]`.
    public let maskID: Int32

    /// The five pieces that every BERT vocabulary must contain.
    public static let specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    /// The number of pieces; ids are `0 ..< count`.
    public var count: Int { sorted.count }

    /// Takes validated lines: `starts` as above, no piece empty, all UTF-8.
    init(utf8: [UInt8], starts: [UInt32], source: String) throws(VocabularyError) {
        self.utf8 = utf8
        self.starts = starts
        sorted = Self.sortedIDs(utf8: utf8, starts: starts)
        if let pair = Self.firstDuplicate(utf8: utf8, starts: starts, sorted: sorted) {
            let range = Self.range(pair.0, starts)
            let piece = String(decoding: utf8[range], as: UTF8.self)
            throw VocabularyError(
                source: source,
                problem: .duplicate(
                    token: piece, firstLine: Int(pair.0) + 1, line: Int(pair.1) + 1))
        }
        var ids: [Int32] = []
        var missing: [String] = []
        for special in Self.specialTokens {
            let id = Self.find(Array(special.utf8), utf8: utf8, starts: starts, sorted: sorted)
            if let id { ids.append(id) } else { missing.append(special) }
        }
        guard missing.isEmpty else {
            throw VocabularyError(source: source, problem: .missingSpecialTokens(missing))
        }
        (padID, unkID, clsID, sepID, maskID) = (ids[0], ids[1], ids[2], ids[3], ids[4])
    }

    /// The text of `vocab.txt`: one piece a line, each line ended by a line feed.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// The piece with an id in `0 ..< count`.
    public func token(_ id: Int32) -> String { String(decoding: bytes(id), as: UTF8.self) }

    /// The bytes of the piece with an id in `0 ..< count`.
    public func bytes(_ id: Int32) -> ArraySlice<UInt8> { utf8[Self.range(id, starts)] }

    /// The id of a piece, or nil if the vocabulary lacks it.
    public func id(of token: String) -> Int32? {
        Self.find(Array(token.utf8), utf8: utf8, starts: starts, sorted: sorted)
    }

    /// Whether a piece continues a word: it begins with `##` and has more after it.
    public func isContinuation(_ id: Int32) -> Bool {
        let range = Self.range(id, starts)
        return range.count > 2 && utf8[range.lowerBound] == UInt8(ascii: "#")
            && utf8[range.lowerBound + 1] == UInt8(ascii: "#")
    }

    /// Whether an id is that of `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` or `[MASK]`.
    public func isSpecial(_ id: Int32) -> Bool {
        id == padID || id == unkID || id == clsID || id == sepID || id == maskID
    }

    /// The pieces in the order of their ids.
    public var tokens: [String] { (0..<Int32(count)).map(token) }
}

/// Search by bytes.
extension Vocabulary {
    private static func range(_ id: Int32, _ starts: [UInt32]) -> Range<Int> {
        Int(starts[Int(id)])..<Int(starts[Int(id) + 1]) - 1
    }

    private static func sortedIDs(utf8: [UInt8], starts: [UInt32]) -> [Int32] {
        utf8.withUnsafeBytes { text in
            (0..<Int32(starts.count - 1)).sorted { a, b in
                let order = compareBytes(
                    UnsafeRawBufferPointer(rebasing: text[range(a, starts)]),
                    UnsafeRawBufferPointer(rebasing: text[range(b, starts)]))
                return order != 0 ? order < 0 : a < b
            }
        }
    }

    /// The pair (first id, later id) of equal pieces with the smallest later id.
    private static func firstDuplicate(
        utf8: [UInt8], starts: [UInt32], sorted: [Int32]
    ) -> (Int32, Int32)? {
        var best: (Int32, Int32)?
        for (a, b) in zip(sorted, sorted.dropFirst())
        where utf8[range(a, starts)].elementsEqual(utf8[range(b, starts)]) {
            if best.map({ b < $0.1 }) ?? true { best = (a, b) }
        }
        return best
    }

    private static func find(
        _ piece: [UInt8], utf8: [UInt8], starts: [UInt32], sorted: [Int32]
    ) -> Int32? {
        var low = 0
        var high = sorted.count
        return utf8.withUnsafeBytes { text in
            piece.withUnsafeBytes { wanted in
                while low < high {
                    let middle = (low + high) / 2
                    let candidate = UnsafeRawBufferPointer(
                        rebasing: text[range(sorted[middle], starts)])
                    let order = compareBytes(candidate, wanted)
                    if order == 0 { return sorted[middle] }
                    if order < 0 { low = middle + 1 } else { high = middle }
                }
                return nil
            }
        }
    }
}

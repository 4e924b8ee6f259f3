internal import Glibc
internal import Tokenization

/// `get_final_text` of Google's run_squad.py: the part of the original words that some pieces
/// represent, with its capitals and accents.
///
/// Both texts are stripped of spaces and aligned. If the alignment fails (because an accent was
/// removed or a piece is `[UNK]`), the original words are returned whole.
///
/// Many spans may be requested for the same words, so their shared work is computed once.
struct OriginalWords {
    let original: [Unicode.Scalar]
    private let tokenizer: WordPieceTokenizer
    private let normalized: [Unicode.Scalar]
    /// Positions of the non-space code points in the text and in its normalized form; empty if the
    /// two do not align.
    private let places: [Int]
    private let normalizedPlaces: [Int]

    init(_ original: [Unicode.Scalar], tokenizer: WordPieceTokenizer) {
        self.original = original
        self.tokenizer = tokenizer
        let words = tokenizer.words(in: Array(String(scalars: original).utf8))
        let normalized = Array(
            words.map { Array(String(decoding: $0, as: UTF8.self).unicodeScalars) }
                .joined(separator: [" "]))
        self.normalized = normalized
        let places = original.indices.filter { original[$0] != " " }
        let normalizedPlaces = normalized.indices.filter { normalized[$0] != " " }
        let isAligned = places.count == normalizedPlaces.count
        self.places = isAligned ? places : []
        self.normalizedPlaces = isAligned ? normalizedPlaces : []
    }

    /// The part that the pieces represent; nil if it cannot be found, which means all of the text.
    func part(of pieces: ArraySlice<Int32>) -> ArraySlice<Unicode.Scalar>? {
        // Words never contain "[UNK]", because its brackets would be words of their own.
        guard !places.isEmpty, !pieces.contains(tokenizer.vocabulary.unkID) else { return nil }
        let wanted = detokenized(pieces, tokenizer.vocabulary)
        guard !wanted.isEmpty, let start = PythonText.find(wanted, in: normalized),
            let first = normalizedPlaces.firstIndex(of: start),
            let last = normalizedPlaces.firstIndex(of: start + wanted.count - 1)
        else { return nil }
        return original[places[first]...places[last]]
    }
}

/// Text of pieces, joined by spaces, with continuations attached to the preceding piece.
private func detokenized(
    _ pieces: some Sequence<Int32>, _ vocabulary: Vocabulary
) -> [Unicode.Scalar] {
    var text: [Unicode.Scalar] = []
    for (index, id) in pieces.enumerated() {
        var piece = Array(vocabulary.token(id).unicodeScalars)
        // The first piece also loses its "##", and so does a piece that is nothing else.
        if piece.starts(with: ["#", "#"]) {
            piece.removeFirst(2)
        } else if index > 0 {
            text.append(" ")
        }
        text += piece
    }
    return Array(PythonText.split(text).joined(separator: [" "]))
}

/// `e^x`.
func exponential(_ value: Double) -> Double { exp(value) }

internal import Glibc
internal import Tokenization

/// `get_final_text` of Google's run_squad.py: the part of the original words that some pieces stand
/// for, with its capitals and accents.
///
/// Both texts are stripped of their spaces and laid side by side; where that fails (an accent was
/// removed, a piece is `[UNK]`), the original words are returned whole.
///
/// Of one stretch of words many spans may be asked for: what they share is made once.
struct OriginalWords {
    let original: [Unicode.Scalar]
    private let tokenizer: WordPieceTokenizer
    private let normalized: [Unicode.Scalar]
    /// Where the text, and its normalized form, have no spaces; empty where they do not match.
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

    /// The part that the pieces stand for; nil where that is not to be found, and stands for all.
    func part(of pieces: ArraySlice<Int32>) -> ArraySlice<Unicode.Scalar>? {
        // Words never hold "[UNK]", whose brackets would be words of their own.
        guard !places.isEmpty, !pieces.contains(tokenizer.vocabulary.unkID) else { return nil }
        let wanted = detokenized(pieces, tokenizer.vocabulary)
        guard !wanted.isEmpty, let start = PythonText.find(wanted, in: normalized),
            let first = normalizedPlaces.firstIndex(of: start),
            let last = normalizedPlaces.firstIndex(of: start + wanted.count - 1)
        else { return nil }
        return original[places[first]...places[last]]
    }
}

/// The text of pieces: joined by spaces, continuations to the piece before.
private func detokenized(
    _ pieces: some Sequence<Int32>, _ vocabulary: Vocabulary
) -> [Unicode.Scalar] {
    var text: [Unicode.Scalar] = []
    for (index, id) in pieces.enumerated() {
        var piece = Array(vocabulary.token(id).unicodeScalars)
        // Also the first piece loses its "##", and so does a piece that is nothing else.
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

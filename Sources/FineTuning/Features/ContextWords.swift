/// A context split into words, with each word's range in the text.
///
/// Words end at Google's white space (space, tab, CR, LF, U+202F). In addition, every ideograph is
/// a word; otherwise a Chinese paragraph would be a single word. For text without ideographs these
/// are the `doc_tokens` of Google's run_squad.py.
struct ContextWords: Sendable {
    /// The text.
    let scalars: [Unicode.Scalar]
    /// Range of each word in `scalars`.
    let ranges: [Range<Int>]
    /// Index of each code point's word; for white space the preceding word, -1 at the beginning.
    let wordAt: [Int32]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        var starts: [Int] = []
        var ends: [Int] = []
        var wordAt: [Int32] = []
        wordAt.reserveCapacity(scalars.count)
        var isInside = false
        for (index, scalar) in scalars.enumerated() {
            if Self.isSpace(scalar) {
                isInside = false
            } else {
                let isAlone = Self.isIdeograph(scalar)
                if isInside && !isAlone {
                    ends[ends.count - 1] = index + 1
                } else {
                    starts.append(index)
                    ends.append(index + 1)
                }
                isInside = !isAlone
            }
            wordAt.append(Int32(starts.count) - 1)
        }
        ranges = zip(starts, ends).map { $0..<$1 }
        self.wordAt = wordAt
    }

    /// Text of a range of words, with one space wherever white space separates two of them.
    func text(_ words: ClosedRange<Int>) -> [Unicode.Scalar] {
        var result = Array(scalars[ranges[words.lowerBound]])
        for word in words.dropFirst() {
            if ranges[word].lowerBound > ranges[word - 1].upperBound { result.append(" ") }
            result.append(contentsOf: scalars[ranges[word]])
        }
        return result
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x09, 0x0D, 0x0A, 0x202F: true
        default: false
        }
    }

    /// Whether a code point is in one of the eight ranges that BERT's tokenizer splits into single
    /// words.
    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
            0x2B740...0x2B81F, 0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}

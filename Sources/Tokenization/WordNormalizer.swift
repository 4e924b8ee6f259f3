/// Normalizes a run of text without ASCII white space and punctuation to words: cleaned, spaced
/// around ideographs and, depending on the form, decomposed (NFD), stripped of accents (Mn) and
/// lowercased.
///
/// The words of one call are in `text` until the next call. Memory is proportional to the longest
/// run.
struct WordNormalizer {
    /// Maximum number of code points of a word; a longer one is unknown as a whole, as in Hugging
    /// Face.
    static let maximumCharacters = 100

    private let table: CharacterTable
    /// Whether a whole text is normalized with its white space, instead of being split into words.
    private let keepsSpacing: Bool
    private let limit: Int
    /// The words in UTF-8, one after another.
    private(set) var text: [UInt8] = []
    /// End of each word in `text`; ~end for a word that is too long, whose text is skipped.
    private(set) var ends: [Int32] = []

    private var wordStart = 0
    private var characters = 0
    /// Sortable marks at the end of the current word.
    private var marks: [(order: UInt8, scalar: UInt32)] = []

    /// Makes a normalizer of words. One that keeps spacing leaves the whole text as one word of any
    /// length, with all white space as U+0020, as Hugging Face's `BertNormalizer` does.
    init(_ table: CharacterTable, keepsSpacing: Bool = false) {
        self.table = table
        self.keepsSpacing = keepsSpacing
        limit = keepsSpacing ? .max : Self.maximumCharacters
    }

    /// Sets `text` and `ends` to the words of `count` bytes, which may be invalid UTF-8.
    mutating func normalize(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        wordStart = 0
        var index = 0
        while index < count {
            let byte = bytes[index]
            if byte < 0x80 {
                index += 1
                append(ascii: byte)
            } else {
                let scalar = decodeScalar(bytes + index, count - index)
                index += scalar.length
                append(scalar.value)
            }
        }
        endWord()
    }

    /// Sets `text` and `ends` to the words of bytes.
    mutating func normalize(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return normalize([0], 0) }
            normalize(base, buffer.count)
        }
    }

    private mutating func append(ascii byte: UInt8) {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            append(letter: UInt32(table.lowercase ? byte | 0x20 : byte))
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            append(letter: UInt32(byte))
        default: append(UInt32(byte))
        }
    }

    private mutating func append(_ scalar: UInt32) {
        let kind = table.characterClass(scalar)
        switch kind {
        case .removed: break
        case .letter: append(letter: scalar)
        case .space: if keepsSpacing { append(letter: 0x20) } else { endWord() }
        case .punctuation: append(isolated: scalar)
        case .mappedPunctuation: table.mapping(scalar).forEach { append(isolated: $0) }
        case .ideograph: append(ideograph: [scalar])
        case .mappedIdeograph: append(ideograph: table.mapping(scalar))
        case .droppedMark: break
        case .droppedStarter: marks.removeAll(keepingCapacity: true)
        case .mark: append(mark: scalar)
        case .hangul: append(syllable: scalar)
        case .mapped:
            for part in table.mapping(scalar) {
                switch table.characterClass(part) {
                case .punctuation: append(isolated: part)
                case .mark: append(mark: part)
                default: append(letter: part)
                }
            }
        }
    }

    private mutating func append(letter scalar: UInt32) {
        marks.removeAll(keepingCapacity: true)
        characters += 1
        if characters <= limit { text.append(utf8: scalar) }
    }

    private mutating func append(ideograph parts: ArraySlice<UInt32>) {
        if keepsSpacing { append(letter: 0x20) }
        parts.forEach { append(isolated: $0) }
        if keepsSpacing { append(letter: 0x20) }
    }

    private mutating func append(isolated scalar: UInt32) {
        guard !keepsSpacing else { return append(letter: scalar) }
        endWord()
        append(letter: scalar)
        endWord()
    }

    /// The Unicode standard, 3.12: a syllable is a leading consonant, a vowel and optionally a
    /// trailing one.
    private mutating func append(syllable scalar: UInt32) {
        let index = scalar - 0xAC00
        append(letter: 0x1100 + index / 588)
        append(letter: 0x1161 + index % 588 / 28)
        if index % 28 != 0 { append(letter: 0x11A7 + index % 28) }
    }

    /// Inserts a mark before those of a higher combining class, after those of the same.
    private mutating func append(mark scalar: UInt32) {
        characters += 1
        guard characters <= limit else { return }
        let order = table.combiningClass(scalar)
        let place = (marks.lastIndex { $0.order <= order } ?? -1) + 1
        for later in marks[place...] { text.removeLast(utf8Length(later.scalar)) }
        marks.insert((order, scalar), at: place)
        for mark in marks[place...] { text.append(utf8: mark.scalar) }
    }

    private mutating func endWord() {
        marks.removeAll(keepingCapacity: true)
        guard characters > 0 else { return }
        if characters > limit {
            text.removeLast(text.count - wordStart)
            ends.append(~Int32(wordStart))
        } else {
            ends.append(Int32(text.count))
        }
        wordStart = text.count
        characters = 0
    }
}

/// Length of a code point in UTF-8, in bytes.
@inline(__always)
func utf8Length(_ scalar: UInt32) -> Int {
    scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
}

extension [UInt8] {
    /// Appends a code point in UTF-8.
    @inline(__always)
    mutating func append(utf8 scalar: UInt32) {
        func tail(_ shift: UInt32) -> UInt8 {
            UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80)
        }
        switch utf8Length(scalar) {
        case 1: append(UInt8(truncatingIfNeeded: scalar))
        case 2:
            append(UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0))
            append(tail(0))
        case 3:
            append(UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0))
            append(tail(6))
            append(tail(0))
        default:
            append(UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0))
            append(tail(12))
            append(tail(6))
            append(tail(0))
        }
    }
}

import Synchronization

/// Changes made to text by normalization, in addition to removing control characters.
struct CharacterForm: Hashable, Sendable {
    /// Whether letters are lowercased.
    var lowercase: Bool
    /// Whether text is decomposed (NFD) and accents (Mn) are removed, before lowercasing.
    var stripsAccents: Bool
    /// Whether ideographs are isolated.
    var isolatesIdeographs: Bool

    /// Form of text that is already normalized.
    static let normalized = CharacterForm(
        lowercase: false, stripsAccents: false, isolatesIdeographs: false)
}

/// Treatment of a code point in a form. Only forms that strip accents drop marks, sort marks, and
/// map ideographs and punctuation.
enum CharacterClass: UInt8 {
    /// Part of a word, unchanged.
    case letter
    /// Removed first: controls, format characters, private use, U+0000, U+FFFD.
    case removed
    /// Ends a word.
    case space
    /// A word on its own.
    case punctuation
    /// A word on its own, in one of the eight CJK ranges.
    case ideograph
    /// Removed accent (Mn) of combining class 0, across which marks are not sorted.
    case droppedStarter
    /// Removed accent (Mn) of another combining class.
    case droppedMark
    /// Replaced by other code points: decomposed, stripped of accents, lowercased.
    case mapped
    /// Kept mark of a combining class other than 0, sorted among adjacent marks.
    case mark
    /// A syllable, decomposed arithmetically.
    case hangul
    /// An ideograph replaced by another.
    case mappedIdeograph
    /// Punctuation replaced by other.
    case mappedPunctuation

    /// A set of classes as bits.
    static func mask(_ classes: CharacterClass...) -> UInt32 {
        classes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }
}

/// Lookup of `UnicodeTables` by code point, for one form.
final class CharacterTable: Sendable {
    /// Tables made so far.
    private static let made = Mutex<[CharacterForm: CharacterTable]>([:])

    /// Table of a form.
    static func of(_ form: CharacterForm) -> CharacterTable {
        made.withLock { made in
            if let table = made[form] { return table }
            let table = CharacterTable(form)
            made[form] = table
            return table
        }
    }

    /// Whether letters are lowercased.
    let lowercase: Bool
    private static let blockBits: UInt32 = 7
    /// Block number of each group of 128 code points.
    private let blocks: FrozenTable<UInt16>
    /// Classes, block after block.
    private let classes: FrozenTable<UInt8>
    /// Replacements of code points of the mapped classes.
    private let mappings: [UInt32: ArraySlice<UInt32>]

    private init(_ form: CharacterForm) {
        lowercase = form.lowercase
        mappings = form.mappings
        let mapped = mappings
        let kept = form.classes
        (blocks, classes) = Self.expand(UnicodeTables.runs) { scalar, kind in
            let kind = kept[Int(kind)]
            guard kind == CharacterClass.mapped.rawValue, mapped[scalar] == nil else { return kind }
            return CharacterClass.letter.rawValue
        }
    }

    /// Expands runs of classes into blocks, without duplicate blocks, with each class translated by
    /// `kind`.
    private static func expand(
        _ runs: [UInt32], _ kind: (UInt32, UInt8) -> UInt8
    ) -> (FrozenTable<UInt16>, FrozenTable<UInt8>) {
        let size = 1 << Int(blockBits)
        var numbers: [[UInt8]: UInt16] = [:]
        var index: [UInt16] = []
        var data: [UInt8] = []
        var run = 0
        for first in stride(from: 0, to: 0x110000, by: size) {
            var block = [UInt8](repeating: 0, count: size)
            for offset in 0..<size {
                while run + 1 < runs.count, runs[run + 1] >> 8 <= UInt32(first + offset) {
                    run += 1
                }
                block[offset] = kind(
                    UInt32(first + offset), UInt8(truncatingIfNeeded: runs[run]))
            }
            let next = UInt16(data.count / size)
            let number = numbers[block, default: next]
            if number == next {
                numbers[block] = next
                data += block
            }
            index.append(number)
        }
        return (FrozenTable(index), FrozenTable(data))
    }

    /// The class of a code point below 0x110000, as the raw value of `CharacterClass`.
    @inline(__always)
    func rawClass(_ scalar: UInt32) -> UInt8 {
        let block = Int(blocks.base[Int(scalar >> Self.blockBits)])
        return classes.base[block << Int(Self.blockBits) | Int(scalar & 127)]
    }

    /// The class of a code point below 0x110000.
    func characterClass(_ scalar: UInt32) -> CharacterClass {
        CharacterClass(rawValue: rawClass(scalar)) ?? .letter
    }

    /// The replacement of a code point of a mapped class.
    func mapping(_ scalar: UInt32) -> ArraySlice<UInt32> { mappings[scalar] ?? [scalar] }

    /// The canonical combining class of a code point of class `mark`.
    func combiningClass(_ mark: UInt32) -> UInt8 {
        let entry = UnicodeTables.marks.first { $0 >> 8 == mark }
        return UInt8(truncatingIfNeeded: entry ?? 0)
    }
}

extension CharacterForm {
    /// This form's class for each class of the uncased form, for which the tables were made; a
    /// mapped code point that this form does not map is a letter.
    fileprivate var classes: [UInt8] {
        (0...CharacterClass.mappedPunctuation.rawValue).map { raw in
            var kind = CharacterClass(rawValue: raw) ?? .letter
            if !stripsAccents {
                switch kind {
                case .droppedStarter, .droppedMark, .mark, .hangul: kind = .letter
                case .mappedIdeograph: kind = .ideograph
                case .mappedPunctuation: kind = .punctuation
                default: break
                }
            }
            if !isolatesIdeographs {
                if kind == .ideograph { kind = .letter }
                if kind == .mappedIdeograph { kind = .mapped }
            }
            return kind.rawValue
        }
    }

    /// Replacement of each mapped code point: decomposed, then lowercased.
    fileprivate var mappings: [UInt32: ArraySlice<UInt32>] {
        let lower = lowercase ? Self.entries(UnicodeTables.lowercase) : [:]
        guard stripsAccents else { return lower }
        let stripped = Self.entries(UnicodeTables.decompositions).mapValues { parts in
            parts.flatMap { lower[$0] ?? [$0] }[...]
        }
        return lower.merging(stripped) { $1 }
    }

    private static func entries(_ table: [UInt32]) -> [UInt32: ArraySlice<UInt32>] {
        var entries: [UInt32: ArraySlice<UInt32>] = [:]
        var index = 0
        while index < table.count {
            let end = index + Int(table[index] >> 24)
            entries[table[index] & 0xFF_FFFF] = table[index + 1...end]
            index = end + 1
        }
        return entries
    }
}

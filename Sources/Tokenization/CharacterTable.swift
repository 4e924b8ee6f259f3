/// What becomes of a code point. "Mapped" and "dropped" concern the uncased form only; in the cased
/// form those are letters (`mappedIdeograph` an ideograph, `mappedPunctuation` punctuation).
enum CharacterClass: UInt8 {
    /// Part of a word, as it stands.
    case letter
    /// Removed before anything else: controls, format characters, private use, U+0000, U+FFFD.
    case removed
    /// Ends a word.
    case space
    /// A word by itself.
    case punctuation
    /// A word by itself, in one of the eight CJK ranges.
    case ideograph
    /// Removed accent (Mn) of combining class 0, across which marks are not sorted.
    case droppedStarter
    /// Removed accent (Mn) of another combining class.
    case droppedMark
    /// Replaced by other code points: decomposed, stripped of accents, lower case.
    case mapped
    /// Kept mark of a combining class other than 0, sorted among its neighbours.
    case mark
    /// A syllable, decomposed by arithmetic.
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

/// Lookup of `UnicodeTables` by code point.
final class CharacterTable: Sendable {
    static let shared = CharacterTable()

    private static let blockBits: UInt32 = 7
    /// Block number of each group of 128 code points.
    private let blocks: FrozenTable<UInt16>
    /// Classes, block after block.
    private let classes: FrozenTable<UInt8>
    /// Where in `UnicodeTables.mappings` each mapped code point is, by rising code point.
    private let mappingStarts: [UInt16]

    private init() {
        (blocks, classes) = Self.expand(UnicodeTables.runs)
        var starts: [UInt16] = []
        var index = 0
        while index < UnicodeTables.mappings.count {
            starts.append(UInt16(index))
            index += 1 + Int(UnicodeTables.mappings[index] >> 24)
        }
        mappingStarts = starts
    }

    /// Writes runs of classes out into blocks, equal blocks once.
    private static func expand(
        _ runs: [UInt32]
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
                block[offset] = UInt8(truncatingIfNeeded: runs[run])
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
    func mapping(_ scalar: UInt32) -> ArraySlice<UInt32> {
        let table = UnicodeTables.mappings
        var low = 0
        var high = mappingStarts.count
        while low < high {
            let middle = (low + high) / 2
            if table[Int(mappingStarts[middle])] & 0xFF_FFFF < scalar {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let start = Int(mappingStarts[low])
        return table[start + 1...start + Int(table[start] >> 24)]
    }

    /// The canonical combining class of a code point of class `mark`.
    func combiningClass(_ mark: UInt32) -> UInt8 {
        let entry = UnicodeTables.marks.first { $0 >> 8 == mark }
        return UInt8(truncatingIfNeeded: entry ?? 0)
    }
}

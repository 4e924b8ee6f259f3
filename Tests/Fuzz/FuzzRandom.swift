import Randomness

/// Random decisions of one case: a function of the seed, the reader and the case's number.
struct FuzzRandom {
    private var generator: AddressedGenerator

    init(seed: UInt64, reader: String, number: Int) {
        // FNV-1a: Swift's own hashes change from process to process.
        let hash = reader.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        generator = AddressedGenerator(
            RandomAddress(seed: seed ^ hash, purpose: .synthetic, sample: number))
    }

    /// Draws a number below `bound`; 0 if `bound` allows none.
    mutating func below(_ bound: Int) -> Int { bound > 1 ? generator.below(bound) : 0 }

    /// Whether an event with probability 1 / `count` happens.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }

    /// Draws one element of a non-empty collection.
    mutating func pick<C: RandomAccessCollection>(_ elements: C) -> C.Element {
        precondition(!elements.isEmpty, "nothing to pick from")
        return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }

    /// Draws one element; nil if the collection is empty.
    mutating func pickAny<C: RandomAccessCollection>(of elements: C) -> C.Element? {
        elements.isEmpty ? nil : pick(elements)
    }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: generator.nextWord()) }

    /// Draws 1, 2, 4, 8 ...: short lengths as often as long ones.
    mutating func length(upTo limit: Int) -> Int {
        guard limit > 1 else { return max(limit, 0) }
        let bits = below(Int.bitWidth - limit.leadingZeroBitCount)
        return min(limit, 1 + below(1 << bits) + (1 << bits) / 2)
    }

    /// Draws a part of `count` elements.
    mutating func range(in count: Int, upTo limit: Int = .max) -> Range<Int> {
        let length = length(upTo: min(count, limit))
        let start = below(count - length + 1)
        return start..<start + length
    }
}

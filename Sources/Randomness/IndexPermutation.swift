/// Pseudo-random permutation of `0..<count` in which any position is computed directly, in constant
/// time and memory. It is a balanced Feistel network of Philox rounds over the next power of four,
/// walked until it lands inside the range (Black and Rogaway, "Ciphers with Arbitrary Finite
/// Domains", 2002). The walk takes fewer than four iterations on average.
public struct IndexPermutation: Sendable {
    /// Number of indices.
    public let count: Int
    private let halfBits: UInt32
    private let address: RandomAddress

    private static let rounds: UInt32 = 6

    /// Creates the permutation of `0..<count` for `purpose` in `epoch` under `seed`.
    ///
    /// - Precondition: `0 <= count <= 2^62`.
    public init(count: Int, seed: UInt64, purpose: RandomPurpose, epoch: Int) {
        precondition(count >= 0 && count <= 1 << 62, "count out of range")
        self.count = count
        let bits = Int.bitWidth - max(count - 1, 1).leadingZeroBitCount
        halfBits = UInt32((bits + 1) / 2)
        address = RandomAddress(seed: seed, purpose: purpose, epoch: epoch, sample: count)
    }

    /// Index at position `place` of the permutation.
    ///
    /// - Precondition: `0 <= place < count`.
    public subscript(place: Int) -> Int {
        precondition(place >= 0 && place < count, "place out of range")
        var value = UInt64(place)
        repeat { value = encrypt(value) } while value >= UInt64(count)
        return Int(value)
    }

    private func encrypt(_ value: UInt64) -> UInt64 {
        let mask = (UInt64(1) << halfBits) - 1
        var left = UInt32(truncatingIfNeeded: value >> halfBits)
        var right = UInt32(truncatingIfNeeded: value & mask)
        for round in 0..<Self.rounds {
            // The layer's bits are unused here: no two epochs, and no two rounds, share a function.
            let counter = SIMD4(
                right, address.high[0] | round << 16, address.high[1], address.high[2])
            let word = Philox.block(counter: counter, key: address.key)[0]
            (left, right) = (right, left ^ (word & UInt32(truncatingIfNeeded: mask)))
        }
        return UInt64(left) << halfBits | UInt64(right)
    }
}

/// Generator of the numbers at one address, in order, for code that draws a varying number of
/// values.
///
/// It is a value: a copy continues from the same position, and two generators created from one
/// address give the same numbers.
public struct AddressedGenerator: RandomNumberGenerator, Sendable {
    @usableFromInline let address: RandomAddress
    @usableFromInline var index: UInt32 = 0
    @usableFromInline var block = SIMD4<UInt32>()
    @usableFromInline var left = 0

    /// Creates a generator that starts at the first number of `address`.
    public init(_ address: RandomAddress) {
        self.address = address
    }

    /// Draws a uniform 32-bit word.
    @inlinable
    public mutating func nextWord() -> UInt32 {
        if left == 0 {
            block = address.block(index)
            index += 1
            left = 4
        }
        defer { left -= 1 }
        return block[4 - left]
    }

    /// Draws a uniform 64-bit word.
    @inlinable
    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord())
        return UInt64(nextWord()) << 32 | low
    }

    /// Draws a uniform value of [0, 1), a multiple of 2^-32.
    @inlinable
    public mutating func uniform() -> Double {
        Double(nextWord()) * 0x1p-32
    }

    /// Draws a uniform integer of `0..<bound`, without bias (Lemire, "Fast Random Integer
    /// Generation in an Interval", 2019).
    ///
    /// - Precondition: `0 < bound <= 2^32 - 1`.
    @inlinable
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0 && bound <= Int(UInt32.max), "bound out of range")
        let bound32 = UInt32(bound)
        var product = UInt64(nextWord()) * UInt64(bound32)
        if UInt32(truncatingIfNeeded: product) < bound32 {
            let threshold = (0 &- bound32) % bound32
            while UInt32(truncatingIfNeeded: product) < threshold {
                product = UInt64(nextWord()) * UInt64(bound32)
            }
        }
        return Int(product >> 32)
    }

    /// Draws a uniform integer of `range`.
    @inlinable
    public mutating func `in`(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// Draws a standard normal value, by Box and Muller's transform of two words.
    public mutating func normal() -> Double {
        let radius = 1 - uniform()
        return (-2 * logarithm(radius)).squareRoot() * cosine(2 * Double.pi * uniform())
    }

    /// Draws a standard normal value whose magnitude is below 2: TensorFlow's `truncated_normal`,
    /// whose standard deviation is 0.8796 of the nominal one.
    public mutating func truncatedNormal() -> Double {
        while true {
            let value = normal()
            if abs(value) < 2 { return value }
        }
    }
}

import Randomness
import Tensors

/// Memory filled with random numbers.
enum SyntheticBlock {
    /// `count` uniform values from -1 to 1, which differ from those of other samples.
    static func make(_ count: Int, sample: Int) -> Block<Float> {
        let block = Block<Float>(count: count)
        let address = RandomAddress(seed: 2, purpose: .synthetic, sample: sample)
        let buffer = block.vector.buffer
        var index = 0
        var number: UInt32 = 0
        while index < count {
            let words = address.block(number)
            for lane in 0..<min(4, count - index) {
                buffer[index + lane] = Float(Int32(bitPattern: words[lane])) * 0x1p-31
            }
            index += 4
            number += 1
        }
        return block
    }
}

/// Largest difference between `values` and `expected`, relative to the largest magnitude of
/// `expected`; infinite if either contains NaN.
func relativeDifference(_ values: Vector<Float>, _ expected: [Float]) -> Double {
    var largest: Float = 0
    var difference: Float = 0
    for (value, reference) in zip(values.buffer, expected) {
        let distance = abs(value - reference)
        if distance.isNaN { return .infinity }
        difference = max(difference, distance)
        largest = max(largest, abs(reference))
    }
    return difference == 0 ? 0 : Double(difference) / Double(largest)
}

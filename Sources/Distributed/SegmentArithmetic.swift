// The inner loops of the ring. Each is one pass over contiguous memory that the compiler
// vectorizes, and is bound by memory bandwidth. All pointers cover at least `count` elements and do
// not overlap.

/// sums[i] += values[i].
func add(_ values: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count {
        sums[index] += values[index]
    }
}

/// sums[i] += values[i], with values as bfloat16 bits.
func addBFloat16(_ values: UnsafePointer<UInt16>, to sums: UnsafeMutablePointer<Float>, count: Int)
{
    for index in 0..<count {
        sums[index] += Float(bitPattern: UInt32(values[index]) << 16)
    }
}

/// bits[i] = values[i] as bfloat16 bits.
func encodeBFloat16(
    _ values: UnsafePointer<Float>, to bits: UnsafeMutablePointer<UInt16>, count: Int
) {
    for index in 0..<count {
        bits[index] = bfloat16Bits(values[index])
    }
}

/// values[i] = the value of the bfloat16 bits[i].
func decodeBFloat16(
    _ bits: UnsafePointer<UInt16>, to values: UnsafeMutablePointer<Float>, count: Int
) {
    for index in 0..<count {
        values[index] = Float(bitPattern: UInt32(bits[index]) << 16)
    }
}

/// Rounds values[i] to the nearest bfloat16, in place.
func roundToBFloat16(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count {
        values[index] = Float(bitPattern: UInt32(bfloat16Bits(values[index])) << 16)
    }
}

/// Returns the nearest bfloat16, ties to even; a NaN stays a (quiet) NaN.
private func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
    let quiet = (bits >> 16) | 0x40
    return UInt16(truncatingIfNeeded: value.isNaN ? quiet : rounded)
}

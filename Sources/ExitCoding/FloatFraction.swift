/// Fractions, such as dropout rates, that are less than 1 even after rounding to the 32-bit floats
/// of the computation.
package enum FloatFraction {
    /// Text of the range in messages.
    package static let range = "from 0 to 0.9999999"

    /// Whether a number is such a fraction.
    package static func contains(_ value: Double) -> Bool { value >= 0 && Float(value) < 1 }
}

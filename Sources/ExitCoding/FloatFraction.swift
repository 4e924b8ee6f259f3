/// Fractions, such as rates of dropout, that still are less than 1 as the 32-bit floats that they are
/// computed with.
package enum FloatFraction {
    /// The range in the words of messages.
    package static let range = "from 0 to 0.9999999"

    /// Whether a number is such a fraction.
    package static func contains(_ value: Double) -> Bool { value >= 0 && Float(value) < 1 }
}

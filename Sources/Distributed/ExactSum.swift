/// Computes the sum of all values, rounded once, to nearest with ties to even.
///
/// The sum is stored as non-overlapping partials, smallest first, whose exact total is the exact
/// sum (Shewchuk 1997, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric
/// Predicates", section 2.5), as in Python's `math.fsum`. If a value is not finite, or a partial
/// sum overflows, the result is that of plain addition in order.
package func exactSum(_ values: some Sequence<Double>) -> Double {
    var partials: [Double] = []
    var plain = 0.0
    for value in values {
        plain += value
        var carry = value
        var kept = 0
        for index in partials.indices {
            let (sum, error) = twoSum(carry, partials[index])
            if error != 0 {
                partials[kept] = error
                kept += 1
            }
            carry = sum
        }
        partials.removeSubrange(kept...)
        partials.append(carry)
    }
    guard plain.isFinite, partials.allSatisfy(\.isFinite) else { return plain }
    return rounded(&partials)
}

/// Splits a + b into the rounded sum and the rounding error (Knuth's TwoSum).
private func twoSum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
    let sum = a + b
    let fromB = sum - a
    return (sum, (a - (sum - fromB)) + (b - fromB))
}

/// Computes the sum of non-overlapping partials, smallest first, rounded once.
private func rounded(_ partials: inout [Double]) -> Double {
    guard var sum = partials.popLast() else { return 0 }
    while let next = partials.popLast() {
        let (high, low) = twoSum(sum, next)
        sum = high
        if low == 0 { continue }
        // Half way between two doubles, the smaller partials decide the direction.
        if let below = partials.last, (low < 0) == (below < 0) {
            let doubled = low * 2
            let moved = sum + doubled
            if moved - sum == doubled { sum = moved }
        }
        break
    }
    return sum
}

internal import Glibc

/// Student's t distribution.
public enum StudentT {
    /// Probability of a value at least as far from 0 as `t`.
    public static func twoSided(_ t: Double, degrees: Double) -> Double {
        precondition(degrees > 0, "degrees of freedom must be positive")
        if t.isNaN { return .nan }
        if t.isInfinite { return 0 }
        let square = t * t
        let x = degrees / (degrees + square)
        // Near 1, the distance from 1 has more digits; see `incompleteBeta` for the threshold.
        if x > (degrees / 2 + 1) / (degrees / 2 + 2.5) {
            return 1
                - incompleteBeta(x: square / (degrees + square), a: 0.5, b: degrees / 2)
        }
        return incompleteBeta(x: x, a: degrees / 2, b: 0.5)
    }

    /// Value exceeded with probability `(1 - confidence) / 2`: the half width of a two-sided
    /// interval, in standard errors.
    public static func critical(confidence: Double, degrees: Double) -> Double {
        precondition(confidence > 0 && confidence < 1, "confidence between 0 and 1")
        let outside = 1 - confidence
        var high = 1.0
        while twoSided(high, degrees: degrees) > outside { high *= 2 }
        var low = 0.0
        // Bisection ends when no number lies between the two.
        while case let middle = low + (high - low) / 2, middle > low, middle < high {
            if twoSided(middle, degrees: degrees) > outside { low = middle } else { high = middle }
        }
        return high
    }
}

/// The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22),
/// evaluated by Lentz's method.
func incompleteBeta(x: Double, a: Double, b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges quickly on this side only.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(x: 1 - x, a: b, b: a) }
    let front = exp(
        logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
    var c = 1.0
    var d = 1 / nonZero(1 - (a + b) * x / (a + 1))
    var fraction = d
    for step in 1...500 {
        let m = Double(step)
        let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / nonZero(1 + even * d)
        c = nonZero(1 + even / c)
        fraction *= d * c
        let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / nonZero(1 + odd * d)
        c = nonZero(1 + odd / c)
        fraction *= d * c
        if abs(d * c - 1) < 1e-16 { break }
    }
    return front * fraction / a
}

private func nonZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }

/// Logarithm of the gamma function of a positive number; unlike `lgamma`, it has no global state.
private func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
}

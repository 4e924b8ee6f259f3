/// Paired comparison of A and B, measured under the same conditions: the same seeds and learning
/// rates, or the same examples.
public struct PairedComparison: Equatable, Sendable {
    /// Number of pairs.
    public let count: Int
    /// Mean of A minus mean of B.
    public let difference: Double
    /// Half the width of the 95% confidence interval of the difference, by Student's t; nil for one
    /// pair.
    public let halfWidth: Double?
    /// Student's t of the differences; nil for one pair.
    public let t: Double?
    /// The two-sided p-value of the paired t test (`scipy.stats.ttest_rel`); nil for one pair. Where
    /// all pairs are equal it is 1 (scipy gives NaN).
    public let tTest: Double?
    /// The two-sided p-value of the paired permutation test, by all signs of the differences
    /// (Fisher, 1935; `scipy.stats.permutation_test` with `permutation_type='samples'`); nil for
    /// more than `maximumExactPairs` pairs. It cannot fall below 2^(1 - count), so a few seeds never
    /// are significant by it.
    public let permutationTest: Double?

    /// Maximum number of pairs for which all signs are tried.
    public static let maximumExactPairs = 16

    /// - Precondition: A and B have the same number of finite scores, at least one.
    public init(_ a: [Double], _ b: [Double]) {
        precondition(a.count == b.count && !a.isEmpty, "pairs of scores")
        precondition((a + b).allSatisfy(\.isFinite), "finite scores")
        let differences = zip(a, b).map { $0 - $1 }
        count = a.count
        difference = differences.reduce(0, +) / Double(count)
        permutationTest =
            count <= Self.maximumExactPairs ? Self.signFlips(differences) : nil
        guard count > 1 else {
            (halfWidth, t, tTest) = (nil, nil, nil)
            return
        }
        let degrees = Double(count - 1)
        let error = sampleDeviation(differences) / Double(count).squareRoot()
        halfWidth = StudentT.critical(confidence: 0.95, degrees: degrees) * error
        let t = error == 0 && difference == 0 ? 0 : difference / error
        self.t = t
        tTest = StudentT.twoSided(t, degrees: degrees)
    }

    /// Fraction of all sign assignments for which the sum is at least as far from 0 as the observed
    /// one. Sums that differ only by rounding count as equal.
    private static func signFlips(_ differences: [Double]) -> Double {
        let observed = abs(differences.reduce(0, +))
        let slack = 1e-12 * differences.reduce(0) { $0 + abs($1) }
        var extreme = 0
        let total = 1 << differences.count
        for signs in 0..<total {
            var sum = 0.0
            for (place, value) in differences.enumerated() {
                sum += signs >> place & 1 == 1 ? -value : value
            }
            if abs(sum) >= observed - slack { extreme += 1 }
        }
        return Double(extreme) / Double(total)
    }
}

internal import Randomness

/// Whether A is better than B, where both were measured under the same conditions: the same seeds
/// and learning rates, or the same examples.
public struct PairedComparison: Equatable, Sendable {
    /// The number of pairs.
    public let count: Int
    /// The mean of A minus that of B.
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

    /// The most pairs for which all signs are tried.
    public static let maximumExactPairs = 20

    /// - Precondition: as many finite scores of A as of B, at least one.
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

    /// Part of all signs under which the sum is at least as far from 0 as it is. Two sums that only
    /// differ by rounding count as equal.
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

/// A paired bootstrap over examples: how surely A beats B on this kind of data, where each has one
/// model. (Koehn, 2004, "Statistical Significance Tests for Machine Translation Evaluation"; the
/// p-value as in Efron and Tibshirani, 1993, chapter 16.)
public struct PairedBootstrap: Equatable, Sendable {
    /// The mean of A minus that of B.
    public let difference: Double
    /// The 2.5% and 97.5% quantiles of the resampled differences.
    public let interval: ClosedRange<Double>
    /// Two-sided: the part of the resampled differences that lie as far from the one found as that
    /// lies from 0, itself counted.
    public let pValue: Double

    /// - Parameters:
    ///   - a: what A scored on each example.
    ///   - b: what B scored on the same examples.
    ///   - resamples: at least 100.
    ///   - seed: the same seed gives the same numbers.
    public init(_ a: [Double], _ b: [Double], resamples: Int = 10_000, seed: UInt64) {
        precondition(a.count == b.count && !a.isEmpty, "pairs of scores")
        precondition(resamples >= 100, "at least 100 resamples")
        let differences = zip(a, b).map { $0 - $1 }
        let observed = differences.reduce(0, +) / Double(differences.count)
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for resample in 0..<resamples {
            var generator = AddressedGenerator(
                RandomAddress(seed: seed, purpose: .bootstrap, epoch: 0, sample: resample))
            var sum = 0.0
            for _ in differences.indices { sum += differences[generator.below(differences.count)] }
            means.append(sum / Double(differences.count))
        }
        means.sort()
        let extreme = means.count { abs($0 - observed) >= abs(observed) * (1 - 1e-12) }
        difference = observed
        // The middle 95%, no value interpolated.
        let cut = resamples / 40
        interval = means[cut]...means[resamples - 1 - cut]
        pValue = Double(extreme + 1) / Double(resamples + 1)
    }
}

/// Correlation coefficients of two lists of numbers.
public enum Correlation {
    /// Pearson's r, as `scipy.stats.pearsonr`; NaN for fewer than two values or a constant list.
    public static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        precondition(x.count == y.count, "lists of one length")
        guard let firstX = x.first, let firstY = y.first, x.contains(where: { $0 != firstX }),
            y.contains(where: { $0 != firstY })
        else { return .nan }
        let (a, b) = (centred(x), centred(y))
        let r = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        return min(max(r, -1), 1)
    }

    /// Spearman's rho, as `scipy.stats.spearmanr`: Pearson's r of the ranks, where ties share their
    /// mean rank; NaN if any value is NaN.
    public static func spearman(_ x: [Double], _ y: [Double]) -> Double {
        guard !(x + y).contains(where: \.isNaN) else { return .nan }
        return pearson(ranks(x), ranks(y))
    }

    /// Ranks of values, from 1; ties share their mean rank.
    public static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }

    /// Differences from the mean, scaled to length 1.
    private static func centred(_ values: [Double]) -> [Double] {
        let mean = values.reduce(0, +) / Double(values.count)
        let differences = values.map { $0 - mean }
        // Scaled first, so that squares of huge values do not overflow and those of tiny values do
        // not underflow.
        let largest = differences.reduce(0) { max($0, abs($1)) }
        let scaled = differences.map { $0 / largest }
        let norm = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return scaled.map { $0 / norm }
    }
}

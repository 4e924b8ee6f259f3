import Randomness

/// Sums over some predictions.
package struct Tally {
    var loss = 0.0
    var correct = 0
    var count = 0

    package init() {}

    package mutating func add(loss: Double, isCorrect: Bool) {
        self.loss += loss
        correct += isCorrect ? 1 : 0
        count += 1
    }
}

/// 95% confidence intervals by the bootstrap over documents (Efron and Tibshirani, 1993, chapter
/// 13, percentile intervals).
///
/// Predictions within one text are correlated, so documents are resampled, with replacement, not
/// tokens. The random numbers depend on the number of documents alone.
package struct DocumentBootstrap {
    /// Number of resamples: their intervals vary by less than a tenth of their width.
    static let resamples = 1000

    /// Confidence intervals of one series of predictions.
    package struct Intervals {
        package var accuracy: ClosedRange<Double>?
        package var loss: ClosedRange<Double>?
    }

    /// Computes the intervals of each of `series`, which hold one tally per document.
    package static func intervals(_ series: [[Tally]]) -> [Intervals] {
        let documents = series.first?.count ?? 0
        var accuracies = [[Double]](repeating: [], count: series.count)
        var losses = accuracies
        var weights = [Int](repeating: 0, count: documents)
        for resample in 0..<resamples where documents > 1 {
            var generator = AddressedGenerator(
                RandomAddress(seed: 0, purpose: .bootstrap, sample: resample))
            for index in weights.indices { weights[index] = 0 }
            for _ in 0..<documents { weights[generator.below(documents)] += 1 }
            for (index, tallies) in series.enumerated() {
                let sum = weightedSum(tallies, weights)
                // The resample contains none of this series, so it says nothing about it.
                guard sum.count > 0 else { continue }
                accuracies[index].append(Double(sum.correct) / Double(sum.count))
                losses[index].append(sum.loss / Double(sum.count))
            }
        }
        return series.indices.map { index in
            guard series[index].count(where: { $0.count > 0 }) > 1 else { return Intervals() }
            return Intervals(accuracy: middle(accuracies[index]), loss: middle(losses[index]))
        }
    }

    private static func weightedSum(_ tallies: [Tally], _ weights: [Int]) -> Tally {
        var sum = Tally()
        for (tally, weight) in zip(tallies, weights) where weight > 0 {
            sum.loss += tally.loss * Double(weight)
            sum.correct += tally.correct * weight
            sum.count += tally.count * weight
        }
        return sum
    }

    /// Returns the middle 95% of `values`, without interpolation.
    private static func middle(_ values: [Double]) -> ClosedRange<Double>? {
        // A model that overflows has a NaN loss, and no interval.
        guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
        let sorted = values.sorted()
        let cut = sorted.count / 40
        return sorted[cut]...sorted[sorted.count - 1 - cut]
    }
}

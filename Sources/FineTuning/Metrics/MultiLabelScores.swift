/// Scores of multi-label predictions, as scikit-learn computes them on indicator matrices.
public struct MultiLabelScores: Equatable, Sendable {
    /// `accuracy_score`: fraction of examples whose predicted set of classes is exactly right.
    public let subsetAccuracy: Double
    /// `f1_score(average="micro")`: over all pairs of example and class.
    public let microF1: Double
    /// `f1_score(average="macro")`: the mean over all classes; a class that never occurs counts as
    /// 0.
    public let macroF1: Double

    /// - Parameters:
    ///   - gold: classes of each example, in `0 ..< classes`.
    ///   - predicted: predicted classes of each example.
    public init(gold: [[Int]], predicted: [[Int]], classes: Int) {
        precondition(gold.count == predicted.count, "a prediction for each example")
        var hits = [Int](repeating: 0, count: classes)
        var marks = hits
        var exact = 0
        for (gold, predicted) in zip(gold.lazy.map(Set.init), predicted.lazy.map(Set.init)) {
            if gold == predicted { exact += 1 }
            for label in gold.intersection(predicted) { hits[label] += 1 }
            for label in gold { marks[label] += 1 }
            for label in predicted { marks[label] += 1 }
        }
        subsetAccuracy = ratio(exact, gold.count)
        microF1 = ratio(2 * hits.reduce(0, +), marks.reduce(0, +))
        let each = zip(hits, marks).map { ratio(2 * $0, $1) }
        macroF1 = classes == 0 ? 0 : each.reduce(0, +) / Double(classes)
    }
}

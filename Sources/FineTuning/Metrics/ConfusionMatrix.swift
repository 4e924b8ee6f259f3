/// Confusion matrix with the scores derived from it, as scikit-learn defines them. A ratio with
/// denominator 0 is 0 (`zero_division=0`).
public struct ConfusionMatrix: Equatable, Sendable {
    /// Maximum number of classes, whose matrix takes 128 MB.
    public static let maximumClasses = 4000

    /// Number of classes.
    public let classes: Int
    /// Number of examples of class `i` predicted as `j`, at `i * classes + j`.
    public private(set) var counts: [Int]

    /// Makes a matrix without examples.
    ///
    /// - Precondition: at most `maximumClasses` classes.
    public init(classes: Int) {
        precondition((1...Self.maximumClasses).contains(classes), "too many classes, or none")
        self.classes = classes
        counts = [Int](repeating: 0, count: classes * classes)
    }

    /// Counts examples; both lists contain classes in `0 ..< classes`.
    public init(gold: [Int], predicted: [Int], classes: Int) {
        precondition(gold.count == predicted.count, "a prediction for each example")
        self.init(classes: classes)
        for (gold, predicted) in zip(gold, predicted) { add(gold: gold, predicted: predicted) }
    }

    /// Counts one example.
    public mutating func add(gold: Int, predicted: Int) {
        precondition(gold >= 0 && gold < classes && predicted >= 0 && predicted < classes)
        counts[gold * classes + predicted] += 1
    }

    /// Number of examples of class `gold` predicted as `predicted`.
    public subscript(gold gold: Int, predicted predicted: Int) -> Int {
        counts[gold * classes + predicted]
    }

    /// Number of examples.
    public var total: Int { counts.reduce(0, +) }
    /// Number of examples predicted correctly.
    public var correct: Int { (0..<classes).reduce(0) { $0 + self[gold: $1, predicted: $1] } }

    /// Number of examples of a class.
    public func gold(_ class: Int) -> Int {
        counts[(`class` * classes)..<((`class` + 1) * classes)].reduce(0, +)
    }

    /// Number of examples predicted as a class.
    public func predicted(_ class: Int) -> Int {
        (0..<classes).reduce(0) { $0 + self[gold: $1, predicted: `class`] }
    }

    /// `accuracy_score`.
    public var accuracy: Double { ratio(correct, total) }

    /// `f1_score` of one class; with `average="binary"`, that of class 1.
    public func f1(_ class: Int) -> Double {
        ratio(
            2 * self[gold: `class`, predicted: `class`], gold(`class`) + predicted(`class`))
    }

    /// `f1_score(average="macro")`: the mean over the classes that occur, as gold or predicted.
    public var macroF1: Double {
        let present = (0..<classes).filter { gold($0) + predicted($0) > 0 }
        guard !present.isEmpty else { return 0 }
        return present.reduce(0) { $0 + f1($1) } / Double(present.count)
    }

    /// `matthews_corrcoef`, for any number of classes (Gorodkin, 2004); 0 if all examples, or all
    /// predictions, are of one class.
    public var matthews: Double {
        let gold = (0..<classes).map { Double(self.gold($0)) }
        let predicted = (0..<classes).map { Double(self.predicted($0)) }
        let total = Double(self.total)
        func dot(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let both = Double(correct) * total - dot(gold, predicted)
        let spread = (total * total - dot(predicted, predicted)) * (total * total - dot(gold, gold))
        return spread == 0 ? 0 : both / spread.squareRoot()
    }
}

/// A ratio of counts; 0 if the denominator is 0.
func ratio(_ numerator: Int, _ denominator: Int) -> Double {
    denominator == 0 ? 0 : Double(numerator) / Double(denominator)
}

import BERT
import Corpus

/// The sums of one held-out sample, in a form that ranks exchange.
struct EvaluatedSample {
    let outcome: SequenceOutcome
    let isRandomNext: Bool

    static let fields = 6

    init(_ outcome: SequenceOutcome, _ sample: PretrainingSample) {
        self.outcome = outcome
        isRandomNext = sample.isRandomNext
    }

    /// Reads what `numbers` wrote.
    init(_ numbers: ArraySlice<Double>) {
        precondition(numbers.count == Self.fields, "an evaluated sample has \(Self.fields) numbers")
        let first = numbers.startIndex
        outcome = SequenceOutcome(
            maskedLoss: numbers[first], maskedCorrect: Int(numbers[first + 1]),
            masked: Int(numbers[first + 2]), nextSentenceLoss: numbers[first + 3],
            nextSentenceCorrect: numbers[first + 4] != 0)
        isRandomNext = numbers[first + 5] != 0
    }

    var numbers: [Double] {
        [
            outcome.maskedLoss, Double(outcome.maskedCorrect), Double(outcome.masked),
            outcome.nextSentenceLoss, outcome.nextSentenceCorrect ? 1 : 0, isRandomNext ? 1 : 0,
        ]
    }
}

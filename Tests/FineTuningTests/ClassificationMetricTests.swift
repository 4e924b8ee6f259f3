import FineTuning
import Testing

private struct Metrics: Decodable {
    struct Classification: Decodable {
        let gold, predicted: [Int]
        let classes: Int
        let confusion: [Int]
        let accuracy: Double
        let f1: [Double]
        let macro, matthews: Double
    }
    struct MultiLabel: Decodable {
        let gold, predicted: [[Int]]
        let classes: Int
        let accuracy, micro, macro: Double
    }
    struct Correlation: Decodable {
        let x, y: [Double]
        let pearson, spearman: Double?
    }
    struct Entities: Decodable {
        let gold, predicted: [[String]]
        let precision, recall, f1, accuracy: Double
        let types: [String]
        let typeF1: [Double]
    }
    let classification: [Classification]
    let multilabel: [MultiLabel]
    let correlation: [Correlation]
    let entities: [Entities]
}

@Suite struct ClassificationMetricTests {
    private let cases: Metrics

    init() throws { cases = try golden("metrics.json", as: Metrics.self) }

    @Test func classesAreThoseOfScikitLearn() {
        for one in cases.classification {
            let matrix = ConfusionMatrix(
                gold: one.gold, predicted: one.predicted, classes: one.classes)
            #expect(matrix.counts == one.confusion)
            #expect(matrix.accuracy == one.accuracy)
            for label in 0..<one.classes {
                #expect(matrix.f1(label) == one.f1[label])
            }
            #expect(isClose(matrix.macroF1, one.macro))
            #expect(isClose(matrix.matthews, one.matthews))
        }
    }

    @Test func nothingScoresNothing() {
        let empty = ConfusionMatrix(classes: 3)
        #expect(empty.accuracy == 0 && empty.macroF1 == 0 && empty.matthews == 0)
    }

    @Test func severalLabelsAreThoseOfScikitLearn() {
        for one in cases.multilabel {
            let scores = MultiLabelScores(
                gold: one.gold, predicted: one.predicted, classes: one.classes)
            #expect(scores.subsetAccuracy == one.accuracy)
            #expect(scores.microF1 == one.micro)
            #expect(isClose(scores.macroF1, one.macro))
        }
    }

    @Test func correlationsAreThoseOfScipy() {
        for one in cases.correlation {
            let found = (Correlation.pearson(one.x, one.y), Correlation.spearman(one.x, one.y))
            for (value, wanted) in [(found.0, one.pearson), (found.1, one.spearman)] {
                if let wanted {
                    #expect(isClose(value, wanted, 1e-13))
                } else {
                    #expect(value.isNaN)
                }
            }
        }
        // As in scipy; ranks alone would impose an order where there is none.
        #expect(Correlation.spearman([1, 2, .nan], [1, 2, 3]).isNaN)
        #expect(Correlation.spearman([1, 2, 3], [.nan, .nan, .nan]).isNaN)
        #expect(Correlation.ranks([3, 1, 3, 2, 3]) == [4, 1, 4, 2, 4])
    }

    @Test func entitiesAreThoseOfSeqeval() {
        for one in cases.entities {
            let scores = EntityScores(gold: one.gold, predicted: one.predicted)
            #expect(scores.overall.precision == one.precision, "\(one)")
            #expect(scores.overall.recall == one.recall, "\(one)")
            #expect(scores.overall.f1 == one.f1, "\(one)")
            #expect(scores.accuracy == one.accuracy)
            #expect(scores.types.map(\.name) == one.types)
            #expect(scores.types.map(\.counts.f1) == one.typeF1)
        }
    }
}

import FineTuning
import Testing

private struct Statistics: Decodable {
    struct Paired: Decodable {
        let a, b: [Double]
        let mean, deviation, low, high, t, p, halfWidth, permutation: Double
    }
    struct Student: Decodable {
        let t, degrees, twoSided, critical: Double
    }
    let paired: [Paired]
    let student: [Student]
}

@Suite struct StatisticsTests {
    private let cases: Statistics

    init() throws { cases = try golden("statistics.json", as: Statistics.self) }

    @Test func studentIsThatOfScipy() {
        for one in cases.student {
            let both = StudentT.twoSided(one.t, degrees: one.degrees)
            // Small probabilities keep their digits.
            #expect(abs(both - one.twoSided) <= 1e-11 * one.twoSided + 1e-200, "\(one)")
            let critical = StudentT.critical(confidence: 0.95, degrees: one.degrees)
            #expect(isClose(critical, one.critical, 1e-12))
        }
    }

    @Test func summariesAreThoseOfScipy() throws {
        for one in cases.paired {
            let summary = ScoreSummary(one.a)
            #expect(isClose(summary.mean, one.mean))
            #expect(isClose(try #require(summary.standardDeviation), one.deviation, 1e-13))
            let interval = try #require(summary.interval)
            #expect(isClose(interval.lowerBound, one.low, 1e-12))
            #expect(isClose(interval.upperBound, one.high, 1e-12))
            #expect(summary.best == one.a.max())
        }
    }

    @Test func pairedTestsAreThoseOfScipy() throws {
        for one in cases.paired {
            let test = PairedComparison(one.a, one.b)
            #expect(isClose(try #require(test.t), one.t, 1e-11))
            #expect(isClose(try #require(test.tTest), one.p, 1e-11))
            #expect(isClose(try #require(test.halfWidth), one.halfWidth, 1e-11))
            #expect(isClose(try #require(test.permutationTest), one.permutation))
        }
    }

    @Test func oneRunHasNoSpread() {
        let summary = ScoreSummary([0.5])
        #expect(summary.standardDeviation == nil && summary.interval == nil)
        let test = PairedComparison([0.5], [0.25])
        #expect(test.tTest == nil && test.permutationTest == 1 && test.difference == 0.25)
    }

    @Test func equalScoresDoNotDiffer() {
        let test = PairedComparison([1, 2, 3], [1, 2, 3])
        #expect(test.tTest == 1 && test.permutationTest == 1 && test.halfWidth == 0)
        let constant = PairedComparison([1, 2, 3], [0, 1, 2])
        #expect(constant.tTest == 0 && constant.permutationTest == 0.25)
        #expect(PairedComparison([1], [1]).permutationTest == 1)
    }

    /// All signs of many pairs are too many to try.
    @Test func manyPairsHaveNoExactTest() {
        let most = PairedComparison.maximumExactPairs
        for count in [most, most + 1] {
            let a = (0..<count).map { Double($0 * $0 % 7) }
            let test = PairedComparison(a, a.map { $0 - 1 })
            #expect((test.permutationTest == nil) == (count > most))
            #expect(test.tTest == 0)
        }
    }
}

import FineTuning
import Randomness
import Testing

private struct Statistics: Decodable {
    struct Paired: Decodable {
        let a, b: [Double]
        let mean, deviation, low, high, t, p, halfWidth, permutation: Double
    }
    struct Student: Decodable {
        let t, degrees, cumulative, twoSided, critical: Double
    }
    let paired: [Paired]
    let student: [Student]
}

@Suite struct StatisticsTests {
    private let cases: Statistics

    init() throws { cases = try golden("statistics.json", as: Statistics.self) }

    @Test func studentIsThatOfScipy() {
        for one in cases.student {
            let cumulative = StudentT.cumulative(one.t, degrees: one.degrees)
            #expect(isClose(cumulative, one.cumulative, 1e-13))
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

    /// On many examples, the bootstrap agrees with the t test, whatever the signs.
    @Test(arguments: [0.0, 0.02, 0.1, -0.1])
    func bootstrapAgreesWithStudent(shift: Double) throws {
        var generator = AddressedGenerator(RandomAddress(seed: 3, purpose: .synthetic, sample: 1))
        let a = (0..<400).map { _ in generator.normal() }
        let b = a.map { $0 - shift + generator.normal() * 0.5 }
        let bootstrap = PairedBootstrap(a, b, resamples: 4000, seed: 7)
        let test = PairedComparison(a, b)
        #expect(abs(bootstrap.pValue - (try #require(test.tTest))) < 0.03)
        let half = try #require(test.halfWidth)
        #expect(abs(bootstrap.interval.lowerBound - (test.difference - half)) < 0.01)
        #expect(abs(bootstrap.interval.upperBound - (test.difference + half)) < 0.01)
        #expect(bootstrap == PairedBootstrap(a, b, resamples: 4000, seed: 7))
        #expect(test.permutationTest == nil)
    }

    @Test func equalExamplesAreNoEvidence() {
        let bootstrap = PairedBootstrap([1, 0, 1], [1, 0, 1], resamples: 100, seed: 1)
        #expect(bootstrap.pValue == 1 && bootstrap.interval == 0...0)
    }
}

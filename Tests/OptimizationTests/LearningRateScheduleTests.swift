import Optimization
import Testing

/// Rates are compared with literals computed by hand.
@Suite struct LearningRateScheduleTests {
    private func rates(
        _ name: LearningRateSchedule.Name, power: Double = 1, warmup: Int, total: Int,
        peak: Double = 1, steps: ClosedRange<Int>
    ) -> [Double] {
        let schedule = LearningRateSchedule(
            name: name, power: power, warmupSteps: warmup, totalSteps: total)
        return steps.map { schedule.rate($0, peak: peak) }
    }

    @Test func linearRisesThenFallsWithoutAJump() {
        #expect(
            rates(.linear, warmup: 4, total: 8, steps: 1...10)
                == [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0, 0])
    }

    @Test func rateIsProportionalToThePeak() {
        #expect(
            rates(.linear, warmup: 2, total: 6, peak: 0.5, steps: 1...6)
                == [0.25, 0.5, 0.375, 0.25, 0.125, 0])
    }

    @Test func linearIgnoresThePower() {
        #expect(
            rates(.linear, power: 3, warmup: 4, total: 8, steps: 1...8)
                == rates(.linear, warmup: 4, total: 8, steps: 1...8))
    }

    @Test func polynomialFallsByItsPower() {
        #expect(
            rates(.polynomial, power: 2, warmup: 4, total: 8, steps: 1...9)
                == [0.25, 0.5, 0.75, 1, 0.5625, 0.25, 0.0625, 0, 0])
        #expect(
            rates(.polynomial, power: 0.5, warmup: 0, total: 16, steps: 7...17)
                == [
                    0.75, 0.7071067811865476, 0.6614378277661477, 0.6123724356957945,
                    0.5590169943749475, 0.5, 0.4330127018922193, 0.3535533905932738, 0.25, 0, 0,
                ])
        let cubic = rates(.polynomial, power: 3, warmup: 0, total: 4, steps: 1...4)
        for (rate, expected) in zip(cubic, [0.421875, 0.125, 0.015625, 0]) {
            #expect(abs(rate - expected) < 1e-15)
        }
    }

    @Test func polynomialOfPowerOneIsLinear() {
        #expect(
            rates(.polynomial, warmup: 3, total: 17, steps: 1...20)
                == rates(.linear, warmup: 3, total: 17, steps: 1...20))
    }

    @Test func constantStaysAtThePeak() {
        #expect(rates(.constant, warmup: 2, total: 4, steps: 1...6) == [0.5, 1, 1, 1, 1, 1])
        #expect(rates(.constant, warmup: 0, total: 0, steps: 1...2) == [1, 1])
    }

    @Test func withoutWarmUpTheFirstStepAlreadyDecays() {
        #expect(rates(.linear, warmup: 0, total: 4, steps: 1...5) == [0.75, 0.5, 0.25, 0, 0])
    }

    @Test func warmUpMayTakeAllSteps() {
        #expect(rates(.linear, warmup: 4, total: 4, steps: 1...5) == [0.25, 0.5, 0.75, 1, 0])
        #expect(rates(.linear, warmup: 1, total: 1, steps: 1...2) == [1, 0])
    }

    @Test func warmUpBeyondTheEndIsCutOff() {
        #expect(rates(.linear, warmup: 8, total: 2, steps: 1...4) == [0.125, 0.25, 0, 0])
    }

    /// The schedule of the reference traces of `make_oracle.py`: 3 of 8 steps warm up.
    @Test func scheduleOfTheReferenceTraces() {
        let expected = [1.0 / 3, 2.0 / 3, 1, 0.8, 0.6, 0.4, 0.2, 0]
        let actual = rates(.linear, warmup: 3, total: 8, peak: 1e-3, steps: 1...8)
        for (rate, part) in zip(actual, expected) { #expect(abs(rate - part * 1e-3) < 1e-18) }
    }
}

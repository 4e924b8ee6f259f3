import Optimization
import Testing

/// Scales are compared with literals computed by hand from the rules.
@Suite struct LossScalerTests {
    /// The scale before each step of `steps`, where `x` is an overflow, and after the last.
    private func scales(_ dynamic: LossScaler.Dynamic, _ steps: String) -> [Double] {
        var scaler = LossScaler(.dynamic(dynamic))
        return [scaler.scale]
            + steps.map { step in
                scaler.update(overflowed: step == "x")
                return scaler.scale
            }
    }

    @Test func theScaleFallsAtOverflowsAndGrowsAfterCleanSteps() {
        let dynamic = LossScaler.Dynamic(initial: 64, interval: 3)
        #expect(scales(dynamic, "...x..x...") == [64, 64, 64, 128, 64, 64, 64, 32, 32, 32, 64])
    }

    @Test func anOverflowStartsTheCountAnew() {
        let dynamic = LossScaler.Dynamic(initial: 8, growth: 4, backoff: 0.25, interval: 2)
        #expect(scales(dynamic, ".x.x..") == [8, 8, 2, 2, 1, 1, 4])
    }

    @Test func theScaleNeverLeavesItsBounds() {
        let low = LossScaler.Dynamic(initial: 5, backoff: 0.5, minimum: 3)
        #expect(scales(low, "xxx") == [5, 3, 3, 3])
        let high = LossScaler.Dynamic(initial: 1, growth: 65536, interval: 1)
        #expect(scales(high, "...") == [1, 65536, 4_294_967_296, 4_294_967_296])
    }

    /// As in Megatron-LM: clean steps do not restore the hysteresis, growth does.
    @Test func hysteresisComesBackAtGrowthOnly() {
        let dynamic = LossScaler.Dynamic(initial: 16, interval: 3, hysteresis: 2)
        #expect(scales(dynamic, "x.x.x") == [16, 16, 16, 8, 8, 4])
        #expect(scales(dynamic, "x...x.x") == [16, 16, 16, 16, 32, 32, 32, 16])
    }

    @Test func fiftyOverflowsInARowAtTheMinimumAreTheEnd() {
        var scaler = LossScaler(.dynamic(.init(initial: 4, interval: 10)))
        func overflow(_ count: Int) {
            for _ in 0..<count { scaler.update(overflowed: true) }
        }
        // The first two can still fall.
        overflow(2 + 49)
        #expect(scaler.scale == 1 && !scaler.isExhausted)
        scaler.update(overflowed: false)
        overflow(49)
        #expect(!scaler.isExhausted)
        #expect(scaler.state.overflowsInARow == 49)
        overflow(1)
        #expect(scaler.isExhausted)
    }

    @Test func aFixedScaleStays() {
        var scaler = LossScaler(.fixed(1024))
        for step in 0..<100 { scaler.update(overflowed: step % 3 == 0) }
        #expect(scaler == LossScaler(.fixed(1024)))
        #expect(scaler.scale == 1024 && !scaler.skipsOverflows && !scaler.isExhausted)
    }

    /// From every state in a run of pseudo-random steps, a restored scaler continues identically,
    /// and the state is accepted.
    @Test(arguments: [1, 2, 5])
    func theStateIsAll(hysteresis: Int) throws {
        let policy = LossScaler.Policy.dynamic(.init(interval: 7, hysteresis: hysteresis))
        var scaler = LossScaler(policy)
        var random: UInt64 = 12345
        for _ in 0..<2000 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            scaler.update(overflowed: random >> 61 == 0)
            let restored = try #require(LossScaler(policy, state: scaler.state))
            #expect(restored == scaler)
        }
    }

    @Test func impossibleStatesAreRefused() {
        let policy = LossScaler.Policy.dynamic(.init(initial: 8, interval: 5, hysteresis: 2))
        let changes: [(inout LossScaler.State) -> Void] = [
            { $0.scale = 0.5 }, { $0.scale = .nan }, { $0.scale = .infinity },
            { $0.cleanSteps = 5 }, { $0.cleanSteps = -1 }, { $0.hysteresisLeft = 3 },
            { $0.hysteresisLeft = -1 }, { $0.overflowsInARow = -1 },
            { $0.overflowsAtMinimum = 1 },
            { ($0.overflowsInARow, $0.overflowsAtMinimum) = (50, 50) },
            { ($0.overflowsInARow, $0.cleanSteps) = (1, 1) },
        ]
        for (index, change) in changes.enumerated() {
            var state = LossScaler(policy).state
            change(&state)
            #expect(LossScaler(policy, state: state) == nil, "change \(index)")
        }
        #expect(LossScaler(.fixed(2), state: .init(scale: 1)) == nil)
        #expect(LossScaler(.fixed(2), state: .init(scale: 2)) != nil)
    }
}

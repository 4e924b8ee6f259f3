import Reporting

/// Breakdown of a step's time by phase.
struct StepBreakdown {
    private let benchmark: StepBenchmark

    /// Prepares the breakdown of the steps of `benchmark`, which runs more of them.
    init(_ benchmark: StepBenchmark) { self.benchmark = benchmark }

    /// One line of the breakdown.
    private struct Part: Encodable {
        let phase: String
        let seconds: Double
        let share: Double
    }

    /// Runs three more steps and prints their mean.
    func print(json: Bool) throws {
        let steps = 3
        let clock = PhaseClock()
        for _ in 0..<steps { try benchmark.step(clock) }
        let head =
            try benchmark.maskedHeadSeconds(trials: 5) * Double(steps * benchmark.accumulation)
        let total = clock.phases.reduce(0) { $0 + $1.seconds }
        let parts = clock.phases.flatMap { name, seconds in
            guard name == PhaseClock.forward else { return [(name, seconds)] }
            return [
                ("forward (and the next-sentence head)", seconds - head),
                ("masked-language-model head, forward and backward", head),
            ]
        }.map { name, seconds in
            Part(phase: name, seconds: seconds / Double(steps), share: seconds / total)
        }
        if json {
            for part in parts { try Output.json(part) }
            return
        }
        Swift.print()
        Output.table(
            ["phase", "ms", "share"],
            parts.map {
                [
                    $0.phase, HumanFormat.fixed($0.seconds * 1e3, decimals: 1),
                    HumanFormat.percent($0.share),
                ]
            })
    }
}

import Corpus
import Distributed
import MPI
import OperatingSystem
import Optimization
import Reporting
import TrainingStep

extension PretrainingRun {
    /// Estimated seconds per step of `phase` on `ranks` ranks like this one. It measures one and
    /// two micro-batches, because a step consists of one micro-batch with reduction and update, and
    /// some more without. Parameters are random and unchanged; nothing is written. Collective.
    ///
    /// - Parameter budget: seconds after which no more repetitions begin; there are at least two,
    ///   one of them to warm up.
    /// - Throws: the first failure of any rank, on all of them.
    func secondsPerStep(
        _ phase: PretrainingPhase, ranks: Int, budget: Double
    ) throws -> Double {
        // A loss scale that overflows would skip the updates that are measured.
        trainer.replica.scaler = LossScaler(.fixed(1))
        let batch = phase.configuration.batch
        let rounds = batch.accumulation(ranks: ranks)
        let share = batch.share(rank: 0, ranks: ranks)
        // Fewer ranks than those that are here have larger micro-batches than the model has room for.
        let micro = min(share, batch.micro, phase.micro)
        let factor = Double(min(share, batch.micro)) / Double(micro)
        let one = factor * (try seconds(phase, sequences: micro, rounds: 1, budget))
        guard rounds > 1 else { return one }
        let two = factor * (try seconds(phase, sequences: min(share, 2 * micro), rounds: 2, budget))
        return one + Double(rounds - 1) * max(0, two - one)
    }

    /// Minimum seconds of some steps in which each rank has the given number of sequences.
    private func seconds(
        _ phase: PretrainingPhase, sequences: Int, rounds: Int, _ budget: Double
    ) throws -> Double {
        var cursor = SampleCursor()
        var least = Double.infinity
        let start = MonotonicClock.seconds
        var isFirst = true
        while true {
            let all = try agreement.throwingTogether {
                try cursor.take(sequences * communicator.size, of: phase.source)
            }
            let before = MonotonicClock.seconds
            let plan = Trainer.StepPlan(
                samples: phase.share(all, rank: communicator.rank, ranks: communicator.size),
                source: phase.source, micro: phase.micro, rounds: rounds,
                number: 1, learningRate: 0)
            guard try trainer.step(plan) != nil else {
                throw PretrainingError.configuration("stopped while steps were measured")
            }
            let now = MonotonicClock.seconds
            if !isFirst { least = min(least, now - before) }
            let isOver = communicator.rank == 0 && !isFirst && now - start > budget
            if try agreement.anyTrue(isOver) { break }
            isFirst = false
        }
        return try communicator.allReduce(least, .maximum)
    }
}

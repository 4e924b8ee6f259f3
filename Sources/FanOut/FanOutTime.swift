import Distributed
import FineTuning
import Kernels
import MPI

/// The time of a fan-out's trials, estimated from a measurement of each task from each model.
struct FanOutTime {
    /// The time of trials of one task from one model.
    struct Measured {
        let work: TaskWork
        /// Seconds of a step, of the mean length.
        let step: Double
        /// Seconds of one evaluation, of all the evaluation data.
        let evaluation: Double

        /// Seconds of a trial of these batches.
        func trial(_ plan: BatchPlan) -> Double {
            Double(plan.count) * step + Double(plan.evaluations.count) * evaluation
        }
    }

    /// The times of all tasks from all models.
    let measured: [Measured]
    /// Seconds from the start of the first trial to the end of the last.
    let total: Double

    /// Seconds in which steps of a shape are measured, and again for its evaluations.
    private static let budget = 1.0

    /// Measures every shape on all ranks at once, as they share memory and caches in the fan-out, too.
    /// Collective.
    ///
    /// - Parameter works: the tasks and models, on rank 0; others take what it sends.
    /// - Throws: the first failure of any rank, on all of them.
    init(
        _ works: [TaskWork], _ configuration: FineTuningConfiguration, groups: RankGroups,
        threads: Int, communicator: Communicator
    ) throws {
        let own = works.map { work in
            TrialShape(
                work, configuration,
                share: Self.share(configuration.batchSize(of: work.task), groups))
        }
        let agreement = Agreement(among: communicator)
        let bytes = try agreement.throwingTogether { try Wire.encode(own) }
        let shapes: [TrialShape] = try Wire.decode(try communicator.broadcast(bytes: bytes))
        let executor = KernelExecutor(threads: threads)
        var known: [(shape: TrialShape, seconds: TrialShape.Seconds)] = []
        for shape in shapes where !known.contains(where: { $0.shape == shape }) {
            Watchdog.note("the measurement of trials")
            var seconds = shape.measure(executor, budget: Self.budget)
            seconds.trainToken = try communicator.allReduce(seconds.trainToken, .maximum)
            seconds.update = try communicator.allReduce(seconds.update, .maximum)
            seconds.evaluateToken = try communicator.allReduce(seconds.evaluateToken, .maximum)
            known.append((shape, seconds))
        }
        measured = zip(works, own).compactMap { work, shape in
            known.first { $0.shape == shape }.map {
                Self.time(of: work, configuration, groups, $0.seconds)
            }
        }
        let trials = measured.flatMap { one in
            one.work.schedules.flatMap {
                [Double](repeating: one.trial($0.plan), count: one.work.repetitions)
            }
        }
        total = Self.makespan(trials, groups: groups.count)
    }

    /// The most examples of a batch that a rank of a group has.
    private static func share(_ batchSize: Int, _ groups: RankGroups) -> Int {
        (batchSize + groups.size - 1) / groups.size
    }

    private static func time(
        of work: TaskWork, _ configuration: FineTuningConfiguration, _ groups: RankGroups,
        _ seconds: TrialShape.Seconds
    ) -> Measured {
        let size = min(configuration.batchSize(of: work.task), work.examples)
        let perExample = Double(work.tokens.train) / Double(max(work.examples, 1))
        // The last batch of an epoch is smaller: the mean step.
        let meanSize = Double(work.examples) / Double(max(work.plan(epochs: 1).perEpoch, 1))
        let part = Double(share(size, groups)) / Double(max(size, 1))
        return Measured(
            work: work, step: meanSize * part * perExample * seconds.trainToken + seconds.update,
            evaluation: Double(work.tokens.evaluate) * seconds.evaluateToken / Double(groups.size))
    }

    /// Seconds in which so many groups get through trials, each taking the longest that waits: as the
    /// coordinator deals them.
    static func makespan(_ trials: [Double], groups: Int) -> Double {
        var ends = [Double](repeating: 0, count: max(1, min(groups, trials.count)))
        for seconds in trials.sorted(by: >) {
            guard let first = ends.indices.min(by: { ends[$0] < ends[$1] }) else { break }
            ends[first] += seconds
        }
        return ends.max() ?? 0
    }
}

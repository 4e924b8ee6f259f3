import Distributed
import FineTuning
import Kernels
import MPI

/// Estimated time of a fan-out's trials, from a measurement of each task with each model.
struct FanOutTime {
    /// Measured times of one task with one model.
    struct Measured {
        let work: TaskWork
        /// Seconds of a step of mean length.
        let step: Double
        /// Seconds of one evaluation of all evaluation data.
        let evaluation: Double

        /// Estimated seconds of a trial with this schedule.
        func trial(_ plan: BatchPlan) -> Double {
            Double(plan.count) * step + Double(plan.evaluations.count) * evaluation
        }
    }

    /// Times of all tasks with all models.
    let measured: [Measured]
    /// Estimated seconds from the start of the first trial to the end of the last.
    let total: Double

    /// Time budget in seconds for measuring the steps of a shape, and again for its evaluations.
    private static let budget = 1.0

    /// Measures every shape on all ranks at once, because they also share memory and caches in the
    /// fan-out. Collective.
    ///
    /// - Parameter works: tasks and models, on rank 0, which broadcasts them.
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
            var seconds = try shape.measure(executor, budget: Self.budget)
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

    /// Maximum number of a batch's examples per rank of a group.
    private static func share(_ batchSize: Int, _ groups: RankGroups) -> Int {
        (batchSize + groups.size - 1) / groups.size
    }

    private static func time(
        of work: TaskWork, _ configuration: FineTuningConfiguration, _ groups: RankGroups,
        _ seconds: TrialShape.Seconds
    ) -> Measured {
        let size = min(configuration.batchSize(of: work.task), work.examples)
        let perExample = Double(work.tokens.train) / Double(max(work.examples, 1))
        // The last batch of an epoch is smaller, so this is the mean step.
        let meanSize = Double(work.examples) / Double(max(work.plan(epochs: 1).perEpoch, 1))
        let part = Double(share(size, groups)) / Double(max(size, 1))
        return Measured(
            work: work, step: meanSize * part * perExample * seconds.trainToken + seconds.update,
            evaluation: Double(work.tokens.evaluate) * seconds.evaluateToken / Double(groups.size))
    }

    /// Estimated seconds in which the groups finish all trials, each group taking the longest
    /// waiting trial, as the coordinator deals them.
    static func makespan(_ trials: [Double], groups: Int) -> Double {
        var ends = [Double](repeating: 0, count: max(1, min(groups, trials.count)))
        for seconds in trials.sorted(by: >) {
            guard let first = ends.indices.min(by: { ends[$0] < ends[$1] }) else { break }
            ends[first] += seconds
        }
        return ends.max() ?? 0
    }
}

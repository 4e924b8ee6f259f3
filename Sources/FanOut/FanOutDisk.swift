import FineTuning

/// The space that a fan-out takes in its directory, at most.
///
/// Predictions take none: `finetune` writes scores, and `bert predict` what it is asked for.
struct FanOutDisk {
    /// Bytes of the best models, one of each task.
    let models: Int
    /// Trials that have a state or a model of their own at a time.
    let running: Int
    /// Bytes of the states and models of those trials.
    let states: Int
    /// Bytes of the curves of all trials.
    let curves: Int

    /// Bytes of all.
    var total: Int { models + states + curves }

    /// Bytes of a point of a curve, and the most points of its losses.
    private static let (pointBytes, lossPoints) = (48, 400)

    /// The space of `works` with so many groups of ranks.
    init(_ works: [TaskWork], _ configuration: FineTuningConfiguration, groups: RankGroups) {
        models = configuration.tasks.indices.reduce(0) { sum, index in
            sum + (works.filter { $0.taskIndex == index }.map(\.modelBytes).max() ?? 0)
        }
        running = min(groups.count, configuration.trialCount)
        // Parameters, two moments and the best parameters; a new state is whole before the old one
        // goes. A finished model beside a state is less.
        states = running * 2 * 4 * (works.map(\.modelBytes).max() ?? 0)
        let evaluations = works.flatMap(\.schedules).map(\.plan.evaluations.count)
        curves =
            configuration.trialCount * Self.pointBytes
            * (Self.lossPoints + (evaluations.max() ?? 0))
    }
}

import FineTuning

/// Maximum disk space of a fan-out in its directory.
///
/// Predictions take none: `finetune` writes scores, and `bert predict` writes the requested
/// predictions.
struct FanOutDisk {
    /// Size of the best models, one per task, in bytes.
    let models: Int
    /// Number of trials that have their own state or model at a time.
    let running: Int
    /// Size of the states and models of those trials, in bytes.
    let states: Int
    /// Size of the curves of all trials, in bytes.
    let curves: Int

    /// Total size in bytes.
    var total: Int { models + states + curves }

    /// Size of a curve's point in bytes, and maximum number of points of its losses.
    private static let (pointBytes, lossPoints) = (48, 400)

    /// Space for `works`, with the given number of groups of ranks.
    init(_ works: [TaskWork], _ configuration: FineTuningConfiguration, groups: RankGroups) {
        models = configuration.tasks.indices.reduce(0) { sum, index in
            sum + (works.filter { $0.taskIndex == index }.map(\.modelBytes).max() ?? 0)
        }
        running = min(groups.count, configuration.trialCount)
        // Parameters, two moments and the best parameters. Times two, because a new state is
        // complete before the old one is deleted. A finished model with a state takes less.
        states = running * 2 * 4 * (works.map(\.modelBytes).max() ?? 0)
        let evaluations = works.flatMap(\.schedules).map(\.plan.evaluations.count)
        curves =
            configuration.trialCount * Self.pointBytes
            * (Self.lossPoints + (evaluations.max() ?? 0))
    }
}

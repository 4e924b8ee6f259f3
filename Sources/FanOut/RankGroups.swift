import ExitCoding

/// Division of a job's ranks among trials. All groups have the same size, so that a trial's result
/// does not depend on its group; spare ranks are idle.
struct RankGroups: Equatable {
    /// Number of ranks of the job.
    let ranks: Int
    /// Number of ranks per group.
    let size: Int
    /// Number of groups that run trials.
    let count: Int
    /// Number of remaining ranks; each is a group of its own that runs no trial.
    let spares: Int

    /// - Precondition: both are at least 1.
    init(ranks: Int, ranksPerTrial: Int) {
        self.ranks = ranks
        size = min(ranksPerTrial, ranks)
        count = ranks / size
        spares = ranks - count * size
    }

    /// Group of a rank; spare ranks come after all groups that run trials.
    func group(of rank: Int) -> Int {
        rank < count * size ? rank / size : count + rank - count * size
    }

    /// First rank of each group, including spare ones.
    var leaders: [Int] { (0..<count).map { $0 * size } + (0..<spares).map { count * size + $0 } }

    /// "3 groups of 2 ranks".
    var summary: String {
        "\(counted(count, "group")) of \(counted(size, "rank"))"
    }

    /// Note about the spare ranks; empty if there are none.
    var spareNote: String {
        guard spares > 0 else { return "" }
        return
            "; \(counted(spares, "rank stays", "ranks stay")) idle, because every group "
            + "has \(size) ranks (ranks_per_trial)"
    }
}

import ExitCoding

/// The division of a job's ranks among trials. All groups have one size, so that a trial's result
/// does not depend on its group; spare ranks have no work.
struct RankGroups: Equatable {
    /// Ranks of the job.
    let ranks: Int
    /// Ranks of each group.
    let size: Int
    /// Groups that take trials.
    let count: Int
    /// Ranks that are left over; each is a group by itself that takes none.
    let spares: Int

    /// - Precondition: both are at least 1.
    init(ranks: Int, ranksPerTrial: Int) {
        self.ranks = ranks
        size = min(ranksPerTrial, ranks)
        count = ranks / size
        spares = ranks - count * size
    }

    /// The group of a rank; spare ranks come after all groups that take trials.
    func group(of rank: Int) -> Int {
        rank < count * size ? rank / size : count + rank - count * size
    }

    /// The first rank of each group, spare ones included.
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

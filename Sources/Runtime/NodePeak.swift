/// Combined peak arithmetic of the ranks of a host.
///
/// Each rank measures its own threads, at the same time as the others. Its best trial may still
/// have had processors to itself that it otherwise shares with other ranks, so sums over ranks are
/// too large if there are more threads than processors.
package struct NodePeak {
    /// The measurement of a rank.
    package struct Rank {
        /// Operations per second of all its threads.
        var peak: Double
        var threads: Int
        var resources: RankResources

        package init(peak: Double, threads: Int, resources: RankResources) {
            (self.peak, self.threads, self.resources) = (peak, threads, resources)
        }
    }

    /// Operations per second of all ranks of a host.
    package static func total(_ ranks: [Rank]) -> Double {
        let sum = ranks.reduce(0) { $0 + $1.peak }
        let threads = ranks.reduce(0) { $0 + $1.threads }
        return threads > 0 ? sum * min(1, processors(ranks) / Double(threads)) : sum
    }

    /// Number of processors that the ranks may use, each counted once, or what quotas leave of
    /// them.
    private static func processors(_ ranks: [Rank]) -> Double {
        let distinct = Double(Set(ranks.flatMap(\.resources.processors)).count)
        var quotas: [String: Double] = [:]
        for rank in ranks {
            // A rank without a quota is limited only by its processors.
            guard let quota = rank.resources.quota else { return distinct }
            quotas[rank.resources.quotaGroup] = quota
        }
        return min(distinct, quotas.values.reduce(0, +))
    }
}

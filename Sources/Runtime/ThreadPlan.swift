import Distributed
public import MPI

/// Number of a rank's threads, and their processors.
public struct ThreadPlan: Equatable, Sendable {
    /// Number of threads of the rank.
    public let threads: Int
    /// Processors exclusive to the rank, in order of use; nil if it is not pinned.
    public let processors: [Int]?
    /// Processors that the scheduler lets the rank use, possibly shared with others.
    package let allowed: [Int]

    /// Computes the number of threads: the configured one, or for `auto` as many as the rank has
    /// processors. Processors shared by several ranks are divided evenly, and the number is limited
    /// by the job's time quota and by SLURM; it is at least 1.
    ///
    /// Launchers that bind ranks give each its own set of processors; others give all the same set.
    /// Determining which ranks share a set handles both. A set shared by several ranks is divided
    /// into one part per rank, and the rank is pinned to its part, if `pins` is true and no rank
    /// then has more threads than processors. Siblings on one core stay together, and are used
    /// last.
    ///
    /// - Parameters:
    ///   - rank: index of this rank in `resources`.
    ///   - resources: resources of all ranks of the host.
    ///   - coreOf: identifies the core of each processor; a missing processor is a core of its own.
    package init(
        _ setting: ThreadCount, pins: Bool, rank: Int,
        of resources: [RankResources], coreOf: [Int: Int] = [:]
    ) {
        let own = resources[rank]
        allowed = own.processors
        let sharers = resources.indices.filter { resources[$0].processors == own.processors }
        if case .fixed(let count) = setting {
            threads = count
        } else {
            threads = Self.automatic(own, among: resources)
        }
        // Part of a set that others also use is not exclusive.
        let isApart = resources.allSatisfy {
            $0.processors == own.processors || Set($0.processors).isDisjoint(with: own.processors)
        }
        guard pins, isApart, sharers.count > 1, let place = sharers.firstIndex(of: rank),
            own.processors.count / sharers.count >= threads
        else {
            processors = nil
            return
        }
        let ordered = own.processors.sorted { (coreOf[$0] ?? $0, $0) < (coreOf[$1] ?? $1, $1) }
        let part = ordered[Partition(count: ordered.count, parts: sharers.count)[place]]
        var seen: Set<Int> = []
        let first = part.filter { seen.insert(coreOf[$0] ?? $0).inserted }
        processors = first + part.filter { !first.contains($0) }
    }

    private static func automatic(_ own: RankResources, among resources: [RankResources]) -> Int {
        // Of a processor that n ranks may use, each has an nth.
        let available = own.processors.reduce(0.0) { sum, processor in
            sum + 1 / Double(resources.count { $0.processors.contains(processor) })
        }
        var count = Int(available + 1e-6)
        if let quota = own.quota {
            let sharers = resources.count { $0.quotaGroup == own.quotaGroup }
            count = min(count, Int(quota / Double(sharers) + 1e-6))
        }
        if let limit = own.limit { count = min(count, limit) }
        return max(1, count)
    }

    /// Computes the plan of this rank. Collective.
    public init(
        _ setting: ThreadCount, pins: Bool, communicator: Communicator
    ) throws {
        let (rank, resources) = try RankResources.ofNode(communicator)
        self.init(
            setting, pins: pins, rank: rank, of: resources,
            coreOf: Dictionary(
                uniqueKeysWithValues: resources[rank].processors.map {
                    ($0, RankResources.core(of: $0))
                }))
    }

    /// Number of threads of a process that is alone on its host: the processors that it may use,
    /// within its quota.
    package static var threadsOfThisProcess: Int {
        automatic(.own(jobSize: 1), among: [.own(jobSize: 1)])
    }

    /// Number of threads only, for work that is not pinned. Collective.
    public static func threads(
        _ setting: ThreadCount, communicator: Communicator
    ) throws -> Int {
        try ThreadPlan(setting, pins: false, communicator: communicator).threads
    }
}

import Distributed
public import MPI

/// The number of a rank's threads, and their processors.
public struct ThreadPlan: Equatable, Sendable {
    /// Threads of the rank.
    public let threads: Int
    /// The processors that are the rank's alone, those to be used first in front; nil where it is
    /// not to be pinned.
    public let processors: [Int]?
    /// The processors that the scheduler lets the rank use, which others may use, too.
    package let allowed: [Int]

    /// The configured number of threads; for `auto` as many as the rank has processors, those that
    /// several ranks may use being shared evenly, and no more than the job's time quota and SLURM
    /// leave it; at least 1.
    ///
    /// Launchers that bind ranks give each a set of processors of its own, others one set to all:
    /// looking at who shares a set is right for both. A set that several ranks share is cut into one
    /// part a rank, and the rank is pinned to its part, if `pins` and if no rank has more threads
    /// than processors then. Siblings on one core stay together, and are used last.
    ///
    /// - Parameters:
    ///   - rank: this rank's place in `resources`.
    ///   - resources: those of all ranks of the host.
    ///   - coreOf: what tells a processor's core from others; a processor that is missing is a core
    ///     of its own.
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
        // A part of a set that others use, too, is nobody's own.
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

    /// The plan of this rank. Collective.
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

    /// Threads for a process that is alone on its host: the processors that it may use, within its
    /// quota.
    package static var threadsOfThisProcess: Int {
        automatic(.own(jobSize: 1), among: [.own(jobSize: 1)])
    }

    /// The number of threads alone, for work that is not pinned. Collective.
    public static func threads(
        _ setting: ThreadCount, communicator: Communicator
    ) throws -> Int {
        try ThreadPlan(setting, pins: false, communicator: communicator).threads
    }
}

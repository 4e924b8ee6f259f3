import Glibc
package import MPI

/// What a rank may take of its node's memory, where all ranks of the node take as much.
package struct MemoryShare: Equatable, Sendable {
    /// The ranks that share memory, this one included.
    package private(set) var ranks: Int
    /// Bytes that they have together: all of the node's, or what the scheduler leaves the control
    /// group that they are in.
    package private(set) var total: Int

    /// Bytes for each.
    package var bytes: Int { total / ranks }

    /// - Parameters:
    ///   - rank: this rank's place in `resources`.
    ///   - resources: those of all ranks of the host.
    ///   - machine: bytes that the host has.
    package init(of rank: Int, among resources: [RankResources], machine: Int) {
        let own = resources[rank]
        let node = (ranks: resources.count, total: machine)
        let group = (
            ranks: resources.count { $0.memoryGroup == own.memoryGroup },
            total: own.memoryLimit ?? .max
        )
        (ranks, total) =
            group.total / group.ranks < node.total / node.ranks ? group : node
    }

    /// That of this rank. Collective.
    package init(among communicator: Communicator) throws {
        let (rank, resources) = try RankResources.ofNode(communicator)
        self.init(of: rank, among: resources, machine: ModelSetup.machineMemory)
        if let limit = Self.limitOfProcess, limit < bytes { (ranks, total) = (1, limit) }
    }

    /// That of a process that has the machine for itself.
    package static var ofThisProcess: MemoryShare {
        MemoryShare(total: min(ModelSetup.machineMemory, limitOfProcess ?? .max))
    }

    private init(total: Int) { (ranks, self.total) = (1, total) }

    /// `ulimit -v`; nil where there is none.
    private static var limitOfProcess: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// Refuses what does not fit, before anything is taken: a failed allocation would end the job
    /// without a word of what to change.
    ///
    /// - Parameters:
    ///   - needed: bytes that this rank is going to take, at least.
    ///   - what: what takes them.
    ///   - advice: what to change.
    /// - Throws: `TrainingError` (78).
    package func check(_ needed: Int, of what: String, advice: String) throws(TrainingError) {
        guard needed > bytes else { return }
        let others = ranks > 1 ? ", as \(ranks) ranks share \(total >> 20) MB" : ""
        throw .configuration(
            "\(what) takes at least \(needed >> 20) MB, and a rank may have \(bytes >> 20) MB"
                + "\(others); \(advice)")
    }
}

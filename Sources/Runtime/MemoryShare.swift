import Glibc
package import MPI
package import OperatingSystem

/// A rank's share of its node's memory, equal for all ranks of the node.
package struct MemoryShare: Equatable, Sendable {
    /// Number of ranks that share memory, including this one.
    package private(set) var ranks: Int
    /// Bytes that they share: all of the node's, or what the scheduler grants their control group.
    package private(set) var total: Int
    /// The process limit that determines the share; nil if there is none or others are lower.
    package private(set) var limit: ResourceLimit?

    /// Bytes per rank.
    package var bytes: Int { total / ranks }

    /// - Parameters:
    ///   - rank: index of this rank in `resources`.
    ///   - resources: resources of all ranks of the host.
    ///   - machine: memory of the host, in bytes.
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

    /// Computes the share of this rank. Collective.
    package init(among communicator: Communicator) throws {
        let (rank, resources) = try RankResources.ofNode(communicator)
        self.init(of: rank, among: resources, machine: Self.machineMemory)
        apply(ResourceLimit.tightestOfMemory)
    }

    /// Share of a process that is alone on the machine.
    package static var ofThisProcess: MemoryShare {
        var share = MemoryShare(of: 0, among: [.own(jobSize: 1)], machine: Self.machineMemory)
        share.apply(ResourceLimit.tightestOfMemory)
        return share
    }

    /// Memory of this machine, in bytes.
    package static var machineMemory: Int {
        sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Makes a share of `total` bytes for one process.
    package init(total: Int) { (ranks, self.total) = (1, total) }

    /// Applies the remaining amount of one of the process's own limits.
    package mutating func apply(_ own: (limit: ResourceLimit, bytesLeft: Int)?) {
        guard let own, own.bytesLeft < bytes else { return }
        (ranks, total, limit) = (1, own.bytesLeft, own.limit)
    }

    /// Throws if an allocation would not fit, before anything is allocated, because a failed
    /// allocation would end the job without saying what to change.
    ///
    /// - Parameters:
    ///   - needed: bytes that this rank will allocate, at least.
    ///   - what: description of the allocation.
    ///   - advice: what to change.
    /// - Throws: `RuntimeError` (78).
    package func check(_ needed: Int, of what: String, advice: String) throws(RuntimeError) {
        guard needed > bytes else { return }
        let others = ranks > 1 ? ", as \(ranks) ranks share \(total >> 20) MB" : ""
        let cause = limit.map { " more (\($0.command))" } ?? others
        throw RuntimeError(
            "\(what) takes at least \(needed >> 20) MB, and a rank may have \(bytes >> 20) MB"
                + "\(cause); \(advice)\(limit == nil ? "" : ", or raise that limit")")
    }
}

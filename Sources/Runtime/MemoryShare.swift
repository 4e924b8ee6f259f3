import Glibc
package import MPI
package import OperatingSystem

/// The share of its node's memory that a rank may take, where all ranks of the node take as much.
package struct MemoryShare: Equatable, Sendable {
    /// The ranks that share memory, this one included.
    package private(set) var ranks: Int
    /// Bytes that they have together: all of the node's, or what the scheduler leaves the control
    /// group that they are in.
    package private(set) var total: Int
    /// The limit of the process that leaves it no more; nil where there is none or others leave less.
    package private(set) var limit: ResourceLimit?

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

    /// Computes the share of this rank. Collective.
    package init(among communicator: Communicator) throws {
        let (rank, resources) = try RankResources.ofNode(communicator)
        self.init(of: rank, among: resources, machine: Self.machineMemory)
        apply(ResourceLimit.tightestOfMemory)
    }

    /// The share of a process that has the machine for itself.
    package static var ofThisProcess: MemoryShare {
        var share = MemoryShare(of: 0, among: [.own(jobSize: 1)], machine: Self.machineMemory)
        share.apply(ResourceLimit.tightestOfMemory)
        return share
    }

    /// Bytes of memory that this machine has.
    package static var machineMemory: Int {
        sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// A share of `total` bytes for one process.
    package init(total: Int) { (ranks, self.total) = (1, total) }

    /// Takes account of what a limit of the process itself still leaves it.
    package mutating func apply(_ own: (limit: ResourceLimit, bytesLeft: Int)?) {
        guard let own, own.bytesLeft < bytes else { return }
        (ranks, total, limit) = (1, own.bytesLeft, own.limit)
    }

    /// Refuses what does not fit, before anything is taken: a failed allocation would end the job
    /// without a word of what to change.
    ///
    /// - Parameters:
    ///   - needed: bytes that this rank is going to take, at least.
    ///   - what: what takes them.
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

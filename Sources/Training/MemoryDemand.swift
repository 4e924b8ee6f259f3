import Glibc
import MPI

/// What a rank wants of its node's memory, and the limit that its scheduler sets.
package struct MemoryDemand: Equatable {
    /// Bytes that it is going to take, at least.
    package var bytes: Int
    /// What tells the control group with the least limit from others of the node; empty where there
    /// is no limit.
    package var group = ""
    /// Bytes that all processes of that group may have; nil: no limit.
    package var limit: Int?

    package init(bytes: Int, group: String = "", limit: Int? = nil) {
        self.bytes = bytes
        self.group = group
        self.limit = limit
    }

    /// That of this process.
    static func own(bytes: Int) -> MemoryDemand {
        let limit = ControlGroup.memory()
        return MemoryDemand(bytes: bytes, group: limit?.name ?? "", limit: limit?.bytes)
    }

    /// Too little memory for some ranks together.
    package struct Shortage: Equatable {
        /// The ranks, and what they want, in bytes.
        package var ranks, wanted: Int
        /// Bytes that they can have.
        package var available: Int

        package init(ranks: Int, wanted: Int, available: Int) {
            self.ranks = ranks
            self.wanted = wanted
            self.available = available
        }
    }

    /// What a rank with the demand `own` lacks, `all` being those of its node's ranks, and `machine`
    /// the node's bytes; nil where it lacks nothing.
    package static func shortage(
        of own: MemoryDemand, among all: [MemoryDemand], machine: Int
    ) -> Shortage? {
        func check(_ ranks: [MemoryDemand], _ available: Int) -> Shortage? {
            let wanted = ranks.reduce(0) { $0 + $1.bytes }
            return wanted > available
                ? Shortage(ranks: ranks.count, wanted: wanted, available: available) : nil
        }
        let group = all.filter { $0.group == own.group }
        return own.limit.flatMap { check(group, min($0, machine)) } ?? check(all, machine)
    }

    /// What the calling rank lacks. Collective over `communicator`; not the same on all ranks.
    static func shortage(
        ofBytes bytes: Int, among communicator: Communicator
    ) throws -> Shortage? {
        let own = own(bytes: bytes)
        let all = try communicator.splitByNode().allGather(bytes: Array(own.text.utf8)).map {
            MemoryDemand(text: String(decoding: $0, as: UTF8.self))
        }
        return shortage(of: own, among: all, machine: ModelSetup.machineMemory)
    }

    /// All of it in a message to other ranks.
    package var text: String { "\(bytes)\n\(limit.map { "\($0)" } ?? "")\n\(group)" }

    /// What `text` of another rank says.
    package init(text: String) {
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        self.init(
            bytes: Int(lines[0]) ?? 0, group: lines.count > 2 ? String(lines[2]) : "",
            limit: lines.count > 1 ? Int(lines[1]) : nil)
    }
}

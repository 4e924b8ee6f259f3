import Glibc
package import MPI
import OperatingSystem

/// Resources of a rank's host that the rank may use.
package struct RankResources: Equatable {
    /// Processors that the scheduler lets it use, in ascending order.
    package var processors: [Int]
    /// Identifies the processes that share the quota.
    package var quotaGroup = ""
    /// Processors' worth of time that those processes share; nil if unlimited.
    package var quota: Double?
    /// Identifies the processes that share the memory limit.
    package var memoryGroup = ""
    /// Memory that those processes share, in bytes; nil if unlimited.
    package var memoryLimit: Int?
    /// Maximum number of processors that SLURM assigned to the rank; nil if unspecified.
    package var limit: Int?

    package init(
        processors: [Int], quotaGroup: String = "", quota: Double? = nil, limit: Int? = nil,
        memoryGroup: String = "", memoryLimit: Int? = nil
    ) {
        self.processors = processors
        self.quotaGroup = quotaGroup
        self.quota = quota
        self.limit = limit
        self.memoryGroup = memoryGroup
        self.memoryLimit = memoryLimit
    }

    /// Index of this rank among those of its node, and the resources of each. Collective.
    package static func ofNode(
        _ communicator: Communicator
    ) throws -> (rank: Int, resources: [RankResources]) {
        let node = try communicator.splitByNode()
        let own = own(jobSize: communicator.size)
        let all = try node.allGather(bytes: Array(own.text.utf8))
        return (node.rank, all.map { RankResources(text: String(decoding: $0, as: UTF8.self)) })
    }

    /// Measures the resources of this process, in a job of `jobSize` ranks.
    package static func own(jobSize: Int) -> RankResources {
        let key = "Cpus_allowed_list:"
        let list = SystemFile.text("/proc/self/status").split(separator: "\n").first {
            $0.hasPrefix(key)
        }
        var processors = list.map { Self.list($0.dropFirst(key.count)) } ?? []
        if processors.isEmpty {
            processors = Array(0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        }
        let (group, memory) = (ControlGroup.quota(), ControlGroup.memory())
        return RankResources(
            processors: processors, quotaGroup: group?.name ?? "", quota: group?.processors,
            limit: slurmLimit(jobSize: jobSize) { getenv($0).map { String(cString: $0) } },
            memoryGroup: memory?.name ?? "", memoryLimit: memory?.bytes)
    }

    /// `SLURM_CPUS_PER_TASK`, if SLURM itself started the ranks. Under mpirun it describes mpirun's
    /// helpers, one per node.
    package static func slurmLimit(jobSize: Int, _ variable: (String) -> String?) -> Int? {
        guard variable("SLURM_STEP_NUM_TASKS").flatMap({ Int($0) }) == jobSize,
            ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"].allSatisfy({
                variable($0).flatMap { Int($0) } ?? jobSize == jobSize
            }), variable("HYDRA_CONTROL_FD") == nil, variable("HYDI_CONTROL_FD") == nil
        else { return nil }
        return variable("SLURM_CPUS_PER_TASK").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Parses a list of numbers such as `0-3,8`, as Linux writes them.
    package static func list(_ text: some StringProtocol) -> [Int] {
        text.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [Int] in
            let bounds = part.split(separator: "-").compactMap { Int($0) }
            guard let first = bounds.first, let last = bounds.last, first >= 0, last >= first,
                last < 1 << 16
            else { return [] }
            return Array(first...last)
        }
    }

    /// Identifies the core of `processor` by the first processor on it.
    static func core(of processor: Int) -> Int {
        let path = "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"
        return list(SystemFile.text(path)).first ?? processor
    }

    /// The resources as a message to other ranks.
    package var text: String {
        let numbers = processors.map(String.init).joined(separator: ",")
        return "\(numbers)\n\(quotaGroup)\n\(quota.map { "\($0)" } ?? "")\n"
            + "\(limit.map { "\($0)" } ?? "")\n\(memoryGroup)\n"
            + (memoryLimit.map { "\($0)" } ?? "")
    }

    /// Parses the `text` of another rank.
    package init(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func line(_ index: Int) -> String { index < lines.count ? lines[index] : "" }
        self.init(
            processors: Self.list(line(0)), quotaGroup: line(1), quota: Double(line(2)),
            limit: Int(line(3)), memoryGroup: line(4), memoryLimit: Int(line(5)))
    }
}

import Glibc

/// What a rank may use of its host.
package struct RankResources: Equatable {
    /// The processors that the scheduler lets it use, in ascending order.
    package var processors: [Int]
    /// Which processes share the quota.
    package var quotaGroup = ""
    /// The processors' worth of time that those processes have together; nil: no limit.
    package var quota: Double?
    /// The most processors that SLURM meant for the rank; nil: it says nothing.
    package var limit: Int?

    package init(
        processors: [Int], quotaGroup: String = "", quota: Double? = nil, limit: Int? = nil
    ) {
        self.processors = processors
        self.quotaGroup = quotaGroup
        self.quota = quota
        self.limit = limit
    }

    /// Those of this process, of a job of `jobSize` ranks.
    static func own(jobSize: Int) -> RankResources {
        let key = "Cpus_allowed_list:"
        let list = SystemFile.text("/proc/self/status").split(separator: "\n").first {
            $0.hasPrefix(key)
        }
        var processors = list.map { Self.list($0.dropFirst(key.count)) } ?? []
        if processors.isEmpty {
            processors = Array(0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        }
        let group = ControlGroup.quota()
        return RankResources(
            processors: processors, quotaGroup: group?.name ?? "", quota: group?.processors,
            limit: slurmLimit(jobSize: jobSize) { getenv($0).map { String(cString: $0) } })
    }

    /// `SLURM_CPUS_PER_TASK`, where SLURM itself started the ranks: under mpirun it speaks of
    /// mpirun's helpers, one a node.
    package static func slurmLimit(jobSize: Int, _ variable: (String) -> String?) -> Int? {
        guard variable("SLURM_STEP_NUM_TASKS").flatMap({ Int($0) }) == jobSize,
            ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"].allSatisfy({
                variable($0).flatMap { Int($0) } ?? jobSize == jobSize
            }), variable("HYDRA_CONTROL_FD") == nil, variable("HYDI_CONTROL_FD") == nil
        else { return nil }
        return variable("SLURM_CPUS_PER_TASK").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The numbers of a list such as `0-3,8`, as Linux writes them.
    package static func list(_ text: some StringProtocol) -> [Int] {
        text.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [Int] in
            let bounds = part.split(separator: "-").compactMap { Int($0) }
            guard let first = bounds.first, let last = bounds.last, first >= 0, last >= first,
                last < 1 << 16
            else { return [] }
            return Array(first...last)
        }
    }

    /// What tells the core of `processor` from others: the first of the processors on it.
    static func core(of processor: Int) -> Int {
        let path = "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"
        return list(SystemFile.text(path)).first ?? processor
    }

    /// All of it in a message to other ranks.
    package var text: String {
        let numbers = processors.map(String.init).joined(separator: ",")
        return "\(numbers)\n\(quotaGroup)\n\(quota.map { "\($0)" } ?? "")\n"
            + (limit.map { "\($0)" } ?? "")
    }

    /// What `text` of another rank says.
    package init(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.init(
            processors: Self.list(lines[0]), quotaGroup: lines.count > 1 ? String(lines[1]) : "",
            quota: lines.count > 2 ? Double(lines[2]) : nil,
            limit: lines.count > 3 ? Int(lines[3]) : nil)
    }
}

import Glibc

/// The limits of processor time that containers and schedulers set by control groups.
package enum ControlGroup {
    /// The least quota of this process's groups, in processors' worth of time, and what tells the
    /// group that has it from others of the host; nil where there is no limit.
    static func quota() -> (name: String, processors: Double)? {
        let groups = SystemFile.text("/proc/self/cgroup").split(separator: "\n")
        var found: (name: String, processors: Double)?
        for group in groups {
            // NUMBER:CONTROLLERS:PATH; without controllers it is of the second version.
            let fields = group.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isSecond = fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("cpu") else { continue }
            let roots =
                isSecond
                ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
                : ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
            for root in roots {
                for directory in directories(root, String(fields[2])) {
                    let limit =
                        isSecond
                        ? limit(maximum: SystemFile.text(directory + "/cpu.max"))
                        : limit(
                            quota: SystemFile.text(directory + "/cpu.cfs_quota_us"),
                            period: SystemFile.text(directory + "/cpu.cfs_period_us"))
                    if let limit, limit < found?.processors ?? .infinity {
                        found = (identity(directory), limit)
                    }
                }
            }
        }
        return found
    }

    /// `QUOTA PERIOD` in microseconds, or `max PERIOD`: the second version's cpu.max.
    package static func limit(maximum text: String) -> Double? {
        let words = text.split { $0.isWhitespace }
        guard words.count == 2 else { return nil }
        return limit(quota: String(words[0]), period: String(words[1]))
    }

    /// The first version's two files; a quota of -1 is none.
    package static func limit(quota: String, period: String) -> Double? {
        func number(_ text: String) -> Double? { Double(text.filter { !$0.isWhitespace }) }
        guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else {
            return nil
        }
        return quota / period
    }

    /// `root` and all groups on the way to `path`.
    private static func directories(_ root: String, _ path: String) -> [String] {
        var result = [root]
        for name in path.split(separator: "/") where name != ".." {
            result.append(result[result.count - 1] + "/" + name)
        }
        return result
    }

    /// The same for all processes of the host, whatever the directory is called for them.
    private static func identity(_ directory: String) -> String {
        var status = stat()
        guard stat(directory, &status) == 0 else { return directory }
        return "\(status.st_dev):\(status.st_ino)"
    }
}

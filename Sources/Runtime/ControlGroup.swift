import FileNames
import Glibc
import OperatingSystem

/// Limits set by containers and schedulers through control groups.
package enum ControlGroup {
    /// Lowest quota of this process's groups, in processors' worth of time, and a name that
    /// distinguishes the group from others of the host; nil if there is no limit.
    static func quota() -> (name: String, processors: Double)? {
        var found: (name: String, processors: Double)?
        for group in groups(of: "cpu", mounted: ["cpu", "cpu,cpuacct"]) {
            let limit =
                group.isSecond
                ? limit(maximum: SystemFile.text(group.directory + "/cpu.max"))
                : limit(
                    quota: SystemFile.text(group.directory + "/cpu.cfs_quota_us"),
                    period: SystemFile.text(group.directory + "/cpu.cfs_period_us"))
            if let limit, limit < found?.processors ?? .infinity {
                found = (identity(group.directory), limit)
            }
        }
        return found
    }

    /// Lowest memory limit of this process's groups, in bytes, and a name that distinguishes the
    /// group from others of the host; nil if there is no limit.
    static func memory() -> (name: String, bytes: Int)? {
        var found: (name: String, bytes: Int)?
        for group in groups(of: "memory", mounted: ["memory"]) {
            // "max" is not a number; the first version has a number near 2^63 instead.
            let name = group.isSecond ? "/memory.max" : "/memory.limit_in_bytes"
            if let limit = bytes(SystemFile.text(group.directory + name)),
                limit < found?.bytes ?? .max
            {
                found = (identity(group.directory), limit)
            }
        }
        return found
    }

    /// Parses the number in a file that contains only one.
    package static func bytes(_ text: String) -> Int? {
        Int(text.filter { !$0.isWhitespace }).flatMap { $0 > 0 ? $0 : nil }
    }

    /// Directories, from the root down, of this process's groups managed by `controller`; the first
    /// version has a tree per controller, `mounted` under one of these names.
    private static func groups(
        of controller: Substring, mounted: [String]
    ) -> [(directory: String, isSecond: Bool)] {
        SystemFile.text("/proc/self/cgroup").split(separator: "\n").flatMap { group in
            // NUMBER:CONTROLLERS:PATH; without controllers it is of the second version.
            let fields = group.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [(directory: String, isSecond: Bool)]() }
            let isSecond = fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains(controller) else {
                return []
            }
            let roots = isSecond ? ["", "/unified"] : mounted.map { "/\($0)" }
            return roots.flatMap { root in
                directories("/sys/fs/cgroup" + root, String(fields[2])).map { ($0, isSecond) }
            }
        }
    }

    /// `QUOTA PERIOD` in microseconds, or `max PERIOD`: the second version's cpu.max.
    package static func limit(maximum text: String) -> Double? {
        let words = text.split { $0.isWhitespace }
        guard words.count == 2 else { return nil }
        return limit(quota: String(words[0]), period: String(words[1]))
    }

    /// The first version's two files; a quota of -1 means none.
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

    /// Identifies a group's directory for all processes of the host, even if its path differs
    /// between them.
    private static func identity(_ directory: String) -> String {
        var status = stat()
        guard withSystemPath(directory, { stat($0, &status) }) == 0 else { return directory }
        return "\(status.st_dev):\(status.st_ino)"
    }
}

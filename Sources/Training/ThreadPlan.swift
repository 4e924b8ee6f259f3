public import Configuration
import DurableFiles
import Glibc
public import MPI

/// How many threads a rank runs.
public enum ThreadPlan {
    /// The configured number; for `auto` the cores that this process may use, shared among the
    /// ranks of its node that may use the same ones, and at least 1. Collective.
    ///
    /// Launchers that bind ranks give each a set of its own, others one set to all: looking at
    /// who shares a set is right for both.
    public static func threads(
        _ setting: RunConfiguration.ThreadCount, communicator: Communicator
    ) throws -> Int {
        let cores = allowedCores()
        let node = try communicator.splitByNode()
        let sets = try node.allGather(bytes: cores.bytes)
        guard case .auto = setting else {
            if case .fixed(let count) = setting { return count }
            return 1
        }
        let sharing = sets.count { $0 == cores.bytes }
        return max(1, cores.count / max(sharing, 1))
    }

    /// The cores that the scheduler lets this process use: how many, and which.
    private static func allowedCores() -> (count: Int, bytes: [UInt8]) {
        let key = "Cpus_allowed:"
        let status = try? WholeFiles.read("/proc/self/status", maximumByteCount: 1 << 20)
        let lines = String(decoding: status ?? [], as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(key) }) else {
            return (max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), [])
        }
        let mask = line.dropFirst(key.count).filter(\.isHexDigit)
        let count = mask.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        return (max(1, count), Array(mask.utf8))
    }
}

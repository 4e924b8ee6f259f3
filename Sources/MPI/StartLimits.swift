import FileNames
import Glibc
import OperatingSystem

/// Shared memory of a host (`/dev/shm`), through which UCX connects its ranks.
package struct SharedMemory {
    /// Directory of the shared memory.
    package static let path = "/dev/shm"
    /// Measured with UCX 1.13: 4.3 MB per rank, for its queues.
    private static let bytesPerRank = 4_600_000

    /// Number of ranks of this job on this host.
    private let ranks: Int
    /// Index of this rank among them.
    private let place: Int

    /// Reads the launcher's variables; nil if they are missing.
    package init?(_ variable: (String) -> String?) {
        func number(_ names: [String]) -> Int? {
            names.compactMap { variable($0).flatMap { Int($0) } }.first
        }
        let ranks = number([
            "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE",
        ])
        let tasks = variable("SLURM_STEP_TASKS_PER_NODE").flatMap {
            Self.tasks($0, node: number(["SLURM_NODEID"]) ?? 0)
        }
        guard let ranks = ranks ?? tasks else { return nil }
        self.ranks = ranks
        place =
            number([
                "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK",
                "SLURM_LOCALID",
            ]) ?? 0
    }

    /// Tasks of a node in SLURM's list, such as `2(x3),1`.
    package static func tasks(_ list: String, node: Int) -> Int? {
        var left = node
        for part in list.split(separator: ",") {
            let words = part.split(separator: "(")
            guard let tasks = words.first.flatMap({ Int($0) }) else { return nil }
            let nodes = words.count > 1 ? Int(words[1].dropFirst().dropLast()) ?? 1 : 1
            if left < nodes { return tasks }
            left -= nodes
        }
        return nil
    }

    /// Warning to print before `MPI_Init`, which crashes if `free` bytes are too few; nil if they
    /// are enough or another rank of the host prints it.
    ///
    /// - Parameter transports: `UCX_TLS`.
    package func warning(free: Int, transports: String?) -> String? {
        guard place == 0, ranks > 1, free < ranks * Self.bytesPerRank,
            Self.usesSharedFiles(transports)
        else { return nil }
        return "warning: \(Self.path) has \(free >> 20) MB free, and MPI (UCX) takes about "
            + "\(ranks * Self.bytesPerRank >> 20) MB of it for \(ranks) ranks on a host: if the "
            + "start fails, enlarge it (containers: --shm-size=1g), or set UCX_TLS=^posix"
    }

    /// Whether the transports named by `UCX_TLS` include the one with queues in shared memory.
    private static func usesSharedFiles(_ transports: String?) -> Bool {
        guard let transports, !transports.isEmpty else { return true }
        let isExclusion = transports.hasPrefix("^")
        let names = transports.drop { $0 == "^" }.split(separator: ",")
        let isNamed = names.contains { ["all", "shm", "sm", "mm", "posix"].contains($0) }
        return isNamed != isExclusion
    }

    /// Size of UCX's largest file there, with a margin.
    private static let fileBytes = 5 << 20

    /// Throws if the limit of file sizes is too low for UCX's files.
    static func checkFileSize() throws(MPIStartError) {
        guard let limit = ResourceLimit.fileSize.value, limit < fileBytes, usesUCX,
            usesSharedFiles(getenv("UCX_TLS").map { String(cString: $0) })
        else { return }
        throw MPIStartError(
            "files may have \(limit >> 10) kB (\(ResourceLimit.fileSize.command)), and MPI (UCX) "
                + "needs \(fileBytes >> 10) kB for its shared memory; raise the limit")
    }

    /// Throws if the limit of open files is too low for any MPI's first message.
    static func checkOpenFiles() throws(MPIStartError) {
        guard let limit = ResourceLimit.openFiles.value, limit < leastFiles else { return }
        throw MPIStartError(
            "a process may have \(limit) open files (\(ResourceLimit.openFiles.command)), and MPI "
                + "needs at least \(leastFiles); raise the limit")
    }

    /// Two ranks on a host start with 32, not with 24; each further rank takes one or two.
    private static let leastFiles = 32

    private static var usesUCX: Bool { dlsym(nil, "ucp_get_version_string") != nil }

    /// Warning for this process, from its environment; nil if MPI does not use UCX.
    static var ownWarning: String? {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        var space = statvfs()
        guard usesUCX, let memory = SharedMemory(variable),
            withSystemPath(path, { statvfs($0, &space) }) == 0
        else { return nil }
        return memory.warning(
            free: Int(space.f_bavail) * Int(space.f_frsize), transports: variable("UCX_TLS"))
    }
}

import CMPI
import Glibc
import OperatingSystem

/// The process's membership in an MPI job, from `MPI_Init_thread` to `MPI_Finalize`.
///
/// Create one, once, on the main thread, as a local of the program's entry point, and let every
/// communicator made from it end before it does. Locals are destroyed in reverse order, so
/// declaring the environment first is enough. A process that was not started by a launcher is a job
/// of one rank.
///
/// The thread level is `MPI_THREAD_FUNNELED`: other threads may run, but only the main one may call
/// MPI.
public struct MPIEnvironment: ~Copyable {
    /// All ranks of the job (`MPI_COMM_WORLD`).
    public let world: Communicator
    /// This rank alone (`MPI_COMM_SELF`).
    public let alone: Communicator

    /// Joins the job. From here on, failing calls throw; MPI's default would end the job without an
    /// explanation.
    ///
    /// A second environment in one process is the caller's bug, because MPI can be initialised only
    /// once.
    ///
    /// - Parameter timeout: seconds after which the process ends with status 74 and a message,
    ///   because other ranks have not joined; launchers wait forever for an unreachable host. 0
    ///   disables it.
    /// - Throws: `MPIStartError`, before anything is done, if the library is not the one that the
    ///   program was compiled for, or a limit is too low for it; otherwise `MPIError`.
    public init(timeout: UInt32 = 0) throws {
        try MPILibrary.checkLoaded()
        try SharedMemory.checkFileSize()
        try SharedMemory.checkOpenFiles()
        precondition(!Self.wasInitialized, "MPI can be initialised only once in a process")
        var provided: Int32 = 0
        if timeout > 0 { Self.limitStart(to: timeout) }
        let status = cmpi_init_thread(cmpi_thread_funneled(), &provided)
        Alarm.clear()
        ProcessStart.restoreHangUp()
        try check(status, "MPI_Init_thread")
        try check(cmpi_return_errors(cmpi_comm_world()), "MPI_Comm_set_errhandler")
        try check(cmpi_return_errors(cmpi_comm_self()), "MPI_Comm_set_errhandler")
        guard provided >= cmpi_thread_funneled() else {
            throw MPIError(
                code: cmpi_error_other(), function: "MPI_Init_thread",
                message: "the library grants thread level \(provided), below MPI_THREAD_FUNNELED; "
                    + "use an MPI that was built with thread support")
        }
        let world = try Communicator(borrowing: cmpi_comm_world())
        let alone = try Communicator(borrowing: cmpi_comm_self())
        self.world = world
        self.alone = alone
    }

    deinit {
        // A failure here cannot be reported to anyone: the job ends either way.
        if !Self.wasFinalized { _ = cmpi_finalize() }
    }

    /// Leaves the job at the end of the program, when its status is known and its files are
    /// written. It waits for the other ranks, then gives `MPI_Finalize` some seconds. MPICH 4.0
    /// over UCX's TCP was seen to hang there in up to half of all runs: a rank closes its
    /// connections, for which it needs the others, but these already wait in a barrier of the
    /// launcher's. Rank 0 then asks the launcher to end the job with `status`.
    ///
    /// Only valid if all ranks call it with the same status, because a missing rank would be waited
    /// for.
    public consuming func leave(status: Int32) {
        try? world.barrier()
        Watchdog.stop()
        // Otherwise, Hydra replaces the status if ranks end before MPI has.
        if world.rank == 0, let launcher = Self.hydra {
            Alarm.set(
                seconds: 5, status: status, text: "cmd=abort exitcode=\(status)\n", to: launcher)
        } else {
            Alarm.set(seconds: 10, status: status, text: "")
        }
        if !Self.wasFinalized { _ = cmpi_finalize() }
        Alarm.clear()
    }

    private static func limitStart(to seconds: UInt32) {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(
            decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Alarm.set(
            seconds: seconds, status: Watchdog.unreachable,
            text:
                "MPI_Init on \(name) has not returned for \(seconds) s: perhaps the launcher cannot "
                + "reach some host\n")
    }

    /// Descriptor on which MPICH's launcher Hydra listens to this rank (protocol PMI-1). Other
    /// launchers that set `PMI_FD`, like SLURM's srun, use another protocol.
    private static var hydra: Int32? {
        guard getenv("MPI_LOCALNRANKS") != nil, let text = getenv("PMI_FD") else { return nil }
        return Int32(String(cString: text))
    }

    /// Warning to print before `MPI_Init`, which fails if the host's shared memory is too small for
    /// its ranks; nil on all ranks of a host but one.
    public static var startWarning: String? { SharedMemory.ownWarning }

    /// Whether MPI has been initialised in this process (and perhaps finalised since).
    public static var wasInitialized: Bool {
        var flag: Int32 = 0
        return cmpi_initialized(&flag) == cmpi_success() && flag != 0
    }

    /// Whether MPI has been finalised, so that communicators may no longer be used.
    public static var wasFinalized: Bool {
        var flag: Int32 = 0
        return cmpi_finalized(&flag) == cmpi_success() && flag != 0
    }

    /// Name of the machine this rank runs on.
    public static var processorName: String {
        readText(capacity: cmpi_max_processor_name()) { cmpi_processor_name($0, $1) } ?? "unknown"
    }

    /// Version of the standard and the library's own name, available before MPI is initialised:
    /// "standard 4.0, MPICH Version: 4.0.2".
    public static var libraryVersion: String {
        var (version, subversion): (Int32, Int32) = (0, 0)
        _ = cmpi_get_version(&version, &subversion)
        let text = readText(capacity: cmpi_max_library_version()) { cmpi_library_version($0, $1) }
        let lines = (text ?? "unknown").split(whereSeparator: { $0 == "\n" || $0 == "\t" })
        return "standard \(version).\(subversion), \(lines.prefix(2).joined(separator: " "))"
    }

    /// Ends all ranks of the job immediately with exit status `code`. Usable before, during and
    /// after MPI's lifetime.
    public static func abort(code: Int32) -> Never {
        if wasInitialized && !wasFinalized {
            guard isMainThread else { _exit(code) }
            _ = cmpi_abort(cmpi_comm_world(), code)
        }
        exit(code)
    }

    private static var isMainThread: Bool {
        var isMain: Int32 = 0
        return MPI_Is_thread_main(&isMain) == 0 && isMain != 0
    }
}

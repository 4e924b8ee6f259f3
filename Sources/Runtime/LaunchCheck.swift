import Glibc

/// Variables set by launchers, for processes that MPI has not joined into a job.
public enum LaunchCheck {
    /// Variables with the number of processes, most reliable first. Under mpirun in a SLURM job,
    /// SLURM's number is that of mpirun's helpers, so it only counts if there is no other.
    private static let sizes = ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"]
    private static let ranks = ["PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"]

    /// Throws if a launcher started several processes and each considers itself alone, because all
    /// would train the same model into the same directory.
    ///
    /// - Parameter size: ranks of the job as reported by MPI.
    /// - Throws: `RuntimeError` (78).
    public static func requireWholeJob(size: Int) throws(RuntimeError) {
        guard size == 1, let index = sizes.firstIndex(where: { variable($0) != nil }),
            let started = variable(sizes[index]), started > 1
        else { return }
        throw RuntimeError(
            "the launcher started \(started) processes (\(sizes[index])), but MPI says that each is "
                + "alone: the launcher is not that of the MPI library, or does not speak its "
                + "protocol. Use its own mpirun, or `srun --mpi=pmi2`")
    }

    /// Whether this is the launcher's first process, which prints messages common to all. The
    /// others wait before it returns false for them, because some launchers kill all processes once
    /// one has ended.
    public static func isFirst() -> Bool {
        let isFirst = ranks.lazy.compactMap { variable($0) }.first.map { $0 == 0 } ?? true
        if !isFirst { sleep(longestPrinting) }
        return isFirst
    }

    /// Seconds that the first process may take longer than others to reach its message.
    private static let longestPrinting: UInt32 = 5

    private static func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }
}

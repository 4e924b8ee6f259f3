/// Exit statuses of the programs, after sysexits(3).
public enum ExitStatus {
    /// Success.
    public static let success: Int32 = 0
    /// Invalid command line (`EX_USAGE`).
    public static let usage: Int32 = 64
    /// Damaged or unusable data (`EX_DATAERR`).
    public static let badData: Int32 = 65
    /// Input file that does not exist or cannot be opened (`EX_NOINPUT`).
    public static let missingInput: Int32 = 66
    /// Missing library (`EX_UNAVAILABLE`).
    public static let unavailable: Int32 = 69
    /// Bug: an unexpected error (`EX_SOFTWARE`).
    public static let bug: Int32 = 70
    /// Memory temporarily refused by the system (`EX_OSERR`).
    public static let system: Int32 = 71
    /// File that cannot be created, or exists already (`EX_CANTCREAT`).
    public static let cannotCreate: Int32 = 73
    /// Failure of reading or writing (`EX_IOERR`).
    public static let inputOutput: Int32 = 74
    /// Stop on request, after a checkpoint: run it again (`EX_TEMPFAIL`).
    public static let preempted: Int32 = 75
    /// Conflicting settings, or a run directory that is in use (`EX_CONFIG`).
    public static let configuration: Int32 = 78

    /// Returns the status for the kind of `error`.
    public static func of(_ error: any Error) -> Int32 {
        (error as? any ExitCoded)?.exitCode ?? bug
    }
}

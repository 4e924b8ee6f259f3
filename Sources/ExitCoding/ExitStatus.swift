/// Exit statuses of the programs, after sysexits(3).
public enum ExitStatus {
    /// Done.
    public static let success: Int32 = 0
    /// A command line that does not parse (`EX_USAGE`).
    public static let usage: Int32 = 64
    /// Data that are damaged, or of which nothing can be made (`EX_DATAERR`).
    public static let badData: Int32 = 65
    /// A file to read does not exist or cannot be opened (`EX_NOINPUT`).
    public static let missingInput: Int32 = 66
    /// A library that is needed and missing (`EX_UNAVAILABLE`).
    public static let unavailable: Int32 = 69
    /// A bug: an error that nobody foresaw (`EX_SOFTWARE`).
    public static let bug: Int32 = 70
    /// The system refuses memory for the moment (`EX_OSERR`).
    public static let system: Int32 = 71
    /// A file cannot be created, or exists already (`EX_CANTCREAT`).
    public static let cannotCreate: Int32 = 73
    /// Reading or writing failed (`EX_IOERR`).
    public static let inputOutput: Int32 = 74
    /// Stopped as asked, after a checkpoint: run it again (`EX_TEMPFAIL`).
    public static let preempted: Int32 = 75
    /// Settings that do not go together, or a run directory that is in use (`EX_CONFIG`).
    public static let configuration: Int32 = 78

    /// The status that says what kind of error `error` is.
    public static func of(_ error: any Error) -> Int32 {
        (error as? any ExitCoded)?.exitCode ?? bug
    }
}

/// The most that is read of one file of task data.
///
/// A file is held in memory while it is read, and what is kept of it takes about four times its
/// size at most; so these limits bound the memory of a reader to some 5 GB, however the file was
/// made.
public struct TaskFileLimits: Sendable, Equatable {
    /// Bytes of a file.
    public var fileBytes = 1 << 30
    /// Bytes of a line, of a quoted field, or of one JSON text.
    public var textBytes = 1 << 24
    /// Rows, sentences or questions.
    public var records = 20_000_000
    /// Columns of a table.
    public var columns = 1000

    /// The defaults: 1 GiB, 16 MiB, 20 million, 1000.
    public init() {}
}

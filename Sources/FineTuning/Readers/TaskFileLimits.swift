/// Limits on what is read from one file of task data.
///
/// A file is in memory while it is read, in addition to what is kept: about 100 bytes per record,
/// 32 bytes per word or field, 100 bytes per JSON value, and the text. The defaults limit a reader
/// to about 4 GB, whatever the file contains; real files take three to eight times their size.
public struct TaskFileLimits: Sendable, Equatable {
    /// Bytes per file.
    public var fileBytes = 1 << 29
    /// Bytes per line, quoted field, or JSON string.
    public var textBytes = 1 << 24
    /// Rows, sentences or questions per file.
    public var records = 10_000_000
    /// Table fields kept, words, or values of one JSON text.
    public var values = 30_000_000
    /// Columns per table.
    public var columns = 1000
    /// Windows per question: those of the longest context that a file may contain, at a stride of
    /// 64.
    public var windowsOfQuestion = 1 << 18
    /// Windows of all questions of a file.
    public var windows = 10_000_000

    /// The defaults: 512 MiB, 16 MiB, 10 million, 30 million, 1000, 262144, 10 million.
    public init() {}
}

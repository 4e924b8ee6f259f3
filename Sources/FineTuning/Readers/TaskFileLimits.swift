/// The most that is read of one file of task data.
///
/// A file is held in memory while it is read, besides what is kept of it: some 100 bytes a record,
/// 32 bytes a word or field, 100 bytes a value of JSON, and the text. The defaults bound a reader to
/// about 4 GB, however the file was made; real files take three to eight times their size.
public struct TaskFileLimits: Sendable, Equatable {
    /// Bytes of a file.
    public var fileBytes = 1 << 29
    /// Bytes of a line, of a quoted field, or of a string in JSON.
    public var textBytes = 1 << 24
    /// Rows, sentences or questions.
    public var records = 10_000_000
    /// Fields that are kept of a table, words, or values of one JSON text.
    public var values = 30_000_000
    /// Columns of a table.
    public var columns = 1000
    /// Windows of one question: those of the longest context that a file may have, at a stride of 64.
    public var windowsOfQuestion = 1 << 18
    /// Windows of all questions of a file.
    public var windows = 10_000_000

    /// The defaults: 512 MiB, 16 MiB, 10 million, 30 million, 1000, 262144, 10 million.
    public init() {}
}

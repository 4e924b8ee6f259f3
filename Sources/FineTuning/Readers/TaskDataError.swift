internal import DurableFiles
public import ExitCoding

/// An error in a file of task data: where, why, and what to do.
public struct TaskDataError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The line, from 1; nil where the file as a whole is meant.
    public let line: Int?
    /// The fault, and what to do.
    public let message: String
    /// The exit status of sysexits(3): 65 bad data, 66 no such file, 74 unreadable.
    public let exitCode: Int32

    /// Bad data at a place.
    public init(
        _ path: String, line: Int? = nil, _ message: String, exitCode: Int32 = ExitStatus.badData
    ) {
        self.path = path
        self.line = line
        self.message = message
        self.exitCode = exitCode
    }

    init(_ error: FileError) {
        self.init(error.path, error.message, exitCode: error.exitCode)
    }

    /// `PATH:LINE: message`.
    public var description: String {
        "\(visible(path, limit: 1000))\(line.map { ":\($0)" } ?? ""): \(message)"
    }
}

/// `text` cut to `limit` characters, with what a terminal would obey escaped: data may be hostile,
/// and messages go to terminals.
func visible(_ text: some StringProtocol, limit: Int = 60) -> String {
    text.printable(limit: limit)
}

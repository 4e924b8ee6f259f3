internal import DurableFiles
public import ExitCoding

/// An error in a file of task data: the place, the reason, and what to do.
public struct TaskDataError: ExitCoded, Equatable, Sendable, CustomStringConvertible {
    /// Path of the file.
    public let path: String
    /// Line, from 1; nil if the error concerns the whole file.
    public let line: Int?
    /// The fault, and how to fix it.
    public let message: String
    /// Exit status of sysexits(3): 65 bad data, 66 no such file, 74 unreadable.
    public let exitCode: Int32

    /// Makes an error of bad data at a place.
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

/// `text` truncated to `limit` characters, with terminal control characters escaped, because data
/// may be hostile and messages go to terminals.
func visible(_ text: some StringProtocol, limit: Int = 60) -> String {
    text.printable(limit: limit)
}

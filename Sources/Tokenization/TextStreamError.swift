import DurableFiles
public import ExitCoding
import Glibc

/// An error while reading a text or writing its result.
public enum TextStreamError: ExitCoded, Equatable, CustomStringConvertible {
    /// Opening or reading a file failed with this `errno`.
    case unreadable(path: String, code: Int32)
    /// A directory instead of a file.
    case directory(path: String)
    /// An input that is not text.
    case notText(TextFault)
    /// Writing failed.
    case unwritable(path: String, reason: String)
    /// A run without ASCII white space is longer than the limit, on a line counted from 1.
    case stretchTooLong(path: String, line: Int, limit: Int)

    /// Exit status of sysexits(3).
    public var exitCode: Int32 {
        switch self {
        case .unreadable(_, let code):
            Patience.isTransient(code) ? ExitStatus.inputOutput : ExitStatus.missingInput
        case .unwritable: ExitStatus.inputOutput
        case .stretchTooLong, .directory, .notText: ExitStatus.badData
        }
    }

    /// Description of the fault, its position, and how to fix it.
    public var description: String { message.printable }

    private var message: String {
        switch self {
        case .unreadable(let path, let code):
            "\(path): cannot read: \(String(cString: strerror(code)))"
        case .directory(let path): "\(path): is a directory; name its text files"
        case .notText(let fault): fault.description
        case .unwritable(let path, let reason): "\(path): cannot write: \(reason)"
        case .stretchTooLong(let path, let line, let limit):
            "\(path):\(line): more than \(limit) bytes without a space, tab or line end; "
                + "this does not look like text (break the line to go on)"
        }
    }
}

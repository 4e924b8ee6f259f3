public import ExitCoding

/// What is wrong with corpus data or the settings for them: what, where, and what to do.
public enum CorpusError: ExitCoded, Equatable, CustomStringConvertible {
    /// A setting has a value that makes no sense.
    case invalidSetting(String)
    /// A stored file is not what it should be.
    case damaged(path: String, reason: String)
    /// Text that is not valid UTF-8; lines count from 1, bytes from 0.
    case notUTF8(path: String, line: Int, byteOffset: Int)
    /// The input holds nothing to train on.
    case noText(String)

    /// The message for the user.
    public var description: String { message.printable }

    private var message: String {
        switch self {
        case .invalidSetting(let reason): reason
        case .damaged(let path, let reason): "\(path): \(reason)"
        case .notUTF8(let path, let line, let byteOffset):
            "\(path), line \(line), byte \(byteOffset): the text is not valid UTF-8; convert it "
                + "(iconv -t UTF-8), or pass --replace-invalid to go on with U+FFFD there"
        case .noText(let reason): reason
        }
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch self {
        case .invalidSetting: ExitStatus.configuration
        case .damaged, .notUTF8, .noText: ExitStatus.badData
        }
    }
}

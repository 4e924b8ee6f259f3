public import ExitCoding
public import Tokenization

/// An error in corpus data or its settings: the fault, its place, and what to do.
public enum CorpusError: ExitCoded, Equatable, CustomStringConvertible {
    /// A setting is out of range.
    case invalidSetting(String)
    /// A stored file is damaged.
    case damaged(path: String, reason: String)
    /// An input that is not text in UTF-8.
    case notText(TextFault)
    /// The input contains nothing to train on.
    case noText(String)

    /// The message for the user.
    public var description: String { message.printable }

    private var message: String {
        switch self {
        case .invalidSetting(let reason): reason
        case .damaged(let path, let reason): "\(path): \(reason)"
        case .notText(let fault): fault.description
        case .noText(let reason): reason
        }
    }

    /// The process exit status of sysexits(3).
    public var exitCode: Int32 {
        switch self {
        case .invalidSetting: ExitStatus.configuration
        case .damaged, .notText, .noText: ExitStatus.badData
        }
    }
}

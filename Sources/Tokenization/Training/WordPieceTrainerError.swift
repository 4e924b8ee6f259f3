public import ExitCoding

/// An error that prevents learning a vocabulary.
public enum WordPieceTrainerError: ExitCoded, Equatable, CustomStringConvertible {
    /// An option is out of range.
    case badOption(name: String, rule: String)
    /// A text could not be read.
    case text(TextStreamError)
    /// The files contain no words.
    case noWords
    /// The text has more distinct words than `maximumDistinctWords`.
    case tooManyDistinctWords(limit: Int)
    /// The distinct words have too many letters in total.
    case tooManyLetters
    /// The special and unused pieces and the alphabet leave no room.
    case sizeTooSmall(size: Int, fixed: Int, alphabet: Int)
    /// The pieces do not make a vocabulary.
    case vocabulary(VocabularyError)

    /// Exit status of sysexits(3).
    public var exitCode: Int32 {
        switch self {
        case .badOption, .sizeTooSmall: ExitStatus.usage
        case .text(let error): error.exitCode
        case .vocabulary(let error): error.exitCode
        case .noWords, .tooManyDistinctWords, .tooManyLetters: ExitStatus.badData
        }
    }

    /// Description of the fault, its position, and how to fix it.
    public var description: String {
        switch self {
        case .badOption(let name, let rule): "\(name) \(rule)"
        case .text(let error): error.description
        case .noWords: "the files hold no words to learn from; give files with text"
        case .tooManyDistinctWords(let limit):
            "the text has more than \(limit) different words; give less text, clean it (long "
                + "numbers, codes, binary data), or allow more, at about 50 bytes a worker each"
        case .tooManyLetters:
            "the different words of the text have more than 2^29 letters together; give less text"
        case .sizeTooSmall(let size, let fixed, let alphabet):
            "a vocabulary of \(size) pieces is too small: \(fixed) special and unused pieces and "
                + "\(alphabet) for single characters must fit; ask for more pieces, fewer unused "
                + "ones or a smaller alphabet"
        case .vocabulary(let error): error.description
        }
    }
}

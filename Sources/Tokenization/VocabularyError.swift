import DurableFiles
public import ExitCoding
import Glibc

/// An error that refuses a vocabulary.
public struct VocabularyError: ExitCoded, Equatable, CustomStringConvertible {
    /// The fault. Lines count from 1.
    public enum Problem: Error, Equatable {
        /// The operating system would not open or read the file, and said so with this `errno`.
        case unreadable(code: Int32)
        /// More bytes than `Vocabulary.maximumBytes`.
        case tooLarge
        /// More lines than `Vocabulary.maximumTokens`.
        case tooManyTokens
        /// A line longer than `Vocabulary.maximumTokenBytes`.
        case tokenTooLong(line: Int)
        /// A line with nothing in it, which cannot be a piece.
        case emptyLine(line: Int)
        /// A line that is not UTF-8, or has a NUL in it.
        case notUTF8(line: Int)
        /// A file that begins as files of another format do.
        case otherFormat(FileFormat)
        /// A line feed inside one of the lines given.
        case lineFeed(line: Int)
        /// A piece that is on two lines.
        case duplicate(token: String, firstLine: Int, line: Int)
        /// Some of `Vocabulary.specialTokens` are not there.
        case missingSpecialTokens([String])
    }

    /// The path of the file, or a description of where the lines came from.
    public let source: String
    /// The fault.
    public let problem: Problem

    /// The exit status of sysexits(3) that fits: 66 where there was nothing to read, 74 where reading
    /// failed, else 65.
    public var exitCode: Int32 {
        guard case .unreadable(let code) = problem else { return ExitStatus.badData }
        return Patience.isTransient(code) ? ExitStatus.inputOutput : ExitStatus.missingInput
    }

    /// The fault, its place, and what to do.
    public var description: String { message.printable }

    private var message: String {
        switch problem {
        case .unreadable(let code):
            "\(source): cannot read the vocabulary: \(String(cString: strerror(code)))"
        case .tooLarge:
            "\(source): larger than \(Vocabulary.maximumBytes) bytes; this is not a vocab.txt"
        case .tooManyTokens:
            "\(source): more than \(Vocabulary.maximumTokens) lines; this is not a vocab.txt"
        case .tokenTooLong(let line):
            "\(source):\(line): longer than \(Vocabulary.maximumTokenBytes) bytes; "
                + "a vocab.txt has one piece a line"
        case .emptyLine(let line):
            "\(source):\(line): empty line; a vocab.txt has one piece a line, and the line number "
                + "is the id, so the line cannot be skipped"
        case .notUTF8(let line):
            "\(source):\(line): not text in UTF-8; convert the file, for example with iconv"
        case .otherFormat(let format):
            "\(source): this is \(format.name), not a vocab.txt; give the file as text in UTF-8"
        case .lineFeed(let line):
            "\(source):\(line): a piece cannot contain a line feed"
        case .duplicate(let token, let firstLine, let line):
            "\(source):\(line): '\(token)' is already on line \(firstLine); every piece has one id"
        case .missingSpecialTokens(let tokens):
            "\(source): no \(tokens.joined(separator: ", ")); a BERT vocabulary needs "
                + "\(Vocabulary.specialTokens.joined(separator: ", ")) "
                + "(make one with 'bert vocab train')"
        }
    }
}

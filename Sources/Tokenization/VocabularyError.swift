import DurableFiles
public import ExitCoding
import Glibc

/// An error that makes a vocabulary invalid.
public struct VocabularyError: ExitCoded, Equatable, CustomStringConvertible {
    /// The fault. Lines count from 1.
    public enum Problem: Error, Equatable {
        /// Opening or reading the file failed with this `errno`.
        case unreadable(code: Int32)
        /// More bytes than `Vocabulary.maximumBytes`.
        case tooLarge
        /// More lines than `Vocabulary.maximumTokens`.
        case tooManyTokens
        /// A line longer than `Vocabulary.maximumTokenBytes`.
        case tokenTooLong(line: Int)
        /// An empty line, which cannot be a piece.
        case emptyLine(line: Int)
        /// A line that is not UTF-8, or contains NUL.
        case notUTF8(line: Int)
        /// A file that begins like another format.
        case otherFormat(FileFormat)
        /// A line feed inside one of the lines given.
        case lineFeed(line: Int)
        /// A piece that occurs on two lines.
        case duplicate(token: String, firstLine: Int, line: Int)
        /// Some of `Vocabulary.specialTokens` are missing.
        case missingSpecialTokens([String])
    }

    /// Path of the file, or a description of the lines' origin.
    public let source: String
    /// The fault.
    public let problem: Problem

    /// Exit status of sysexits(3): 66 if there was nothing to read, 74 if reading failed, otherwise
    /// 65.
    public var exitCode: Int32 {
        guard case .unreadable(let code) = problem else { return ExitStatus.badData }
        return Patience.isTransient(code) ? ExitStatus.inputOutput : ExitStatus.missingInput
    }

    /// Description of the fault, its position, and how to fix it.
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

import ArgumentParser
import Glibc
import Tokenization

/// `bert tokenize`: lines of text to lines of tokens.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Reads lines of text and writes their tokens, separated by spaces.")

    @Option(help: "Vocabulary: one piece a line.")
    var vocab: String
    @Flag(help: "Keep upper case and accents.")
    var cased = false
    @Flag(help: "Write ids instead of tokens.")
    var ids = false

    func run() throws {
        let tokenizer = try WordPieceTokenizer(
            vocabulary: Vocabulary(contentsOf: vocab), lowercase: !cased)
        let stream = TokenizeStream(tokenizer, format: ids ? .ids : .tokens)
        _ = try stream.run(
            input: STDIN_FILENO, inputName: "standard input", output: STDOUT_FILENO)
    }
}

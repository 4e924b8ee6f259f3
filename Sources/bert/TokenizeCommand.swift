import ArgumentParser
import Glibc
import Tokenization

/// `bert tokenize`: lines of text to lines of tokens.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Reads lines of text and writes their tokens, separated by spaces.")

    @OptionGroup var options: TokenizerOptions
    @Flag(help: "Write ids instead of tokens.")
    var ids = false

    func run() throws {
        let (vocabulary, settings) = try options.read()
        let tokenizer = WordPieceTokenizer(vocabulary: vocabulary, settings: settings)
        let stream = TokenizeStream(tokenizer, format: ids ? .ids : .tokens)
        _ = try stream.run(
            input: STDIN_FILENO, inputName: "standard input", output: STDOUT_FILENO)
    }
}

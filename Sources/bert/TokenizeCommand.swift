import ArgumentParser
import Glibc
import Tokenization

/// `bert tokenize`: converts lines of text to lines of tokens.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Reads lines of text and writes their tokens, separated by spaces.",
        discussion: "Text comes from standard input: bert tokenize --vocab vocab.txt <text.txt")

    @OptionGroup var options: TokenizerOptions
    @Flag(help: "Write ids instead of tokens.")
    var ids = false
    @Flag(help: "Remove NUL bytes and invalid UTF-8 instead of stopping.")
    var replaceInvalid = false

    /// With fewer tokens, the share of `[UNK]` is obvious.
    private static let manyTokens = 100

    func run() throws {
        let (vocabulary, settings) = try options.read()
        let tokenizer = WordPieceTokenizer(vocabulary: vocabulary, settings: settings)
        let stream = TokenizeStream(
            tokenizer, format: ids ? .ids : .tokens, requiresText: !replaceInvalid)
        let summary = try stream.run(
            input: STDIN_FILENO, inputName: "standard input", output: STDOUT_FILENO)
        let unknown = UnknownTokens(summary.unknown, of: summary.tokens)
        guard summary.tokens >= Self.manyTokens,
            let warning = unknown.warning(vocabulary, settings)
        else { return }
        CheckpointCommand.warn("warning: \(warning)")
    }
}

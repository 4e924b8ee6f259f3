import ArgumentParser
import DurableFiles
import ExitCoding
import FoundationEssentials
import Tokenization

/// `bert vocab`: learns vocabularies.
struct VocabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocab", abstract: "Learns vocabularies from text.",
        subcommands: [Train.self])
}

extension VocabCommand {
    /// `bert vocab train`.
    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Learns a WordPiece vocabulary from text files.",
            discussion: """
                The result depends neither on the order of the files nor on the number of workers.
                """)

        @Option(help: "Number of pieces, special and unused ones included.")
        var size: Int
        @Option(help: "The vocab.txt to write; it must not exist.")
        var output: String
        @Flag(help: "Replace an existing output file.")
        var force = false
        @OptionGroup var words: WordOptions
        @Option(help: "How often a pair must occur to become a piece.")
        var minimumFrequency = 2
        @Option(help: "Most characters with pieces of their own (default: 99.99% of the text).")
        var alphabetLimit: Int?
        @Option(help: "Number of [unused] pieces to set aside.")
        var unused = 99
        @Option(help: "Threads that count words (default: all cores).")
        var workers: Int?
        @Flag(help: "Remove NUL bytes and invalid UTF-8 instead of stopping.")
        var replaceInvalid = false
        @Argument(help: "Text files; - is standard input.")
        var files: [String]

        func validate() throws {
            if let workers, !(1...1024).contains(workers) {
                throw ValidationError("--workers must be 1 to 1024")
            }
        }

        func run() throws {
            guard try force || Paths.size(of: output) == 0 else {
                throw FileError(
                    .inputOutput, output,
                    "exists already; --force replaces it (is it the first of your text files?)")
            }
            var options = WordPieceTrainer.Options(size: size)
            options.tokenizer = words.settings
            options.minimumFrequency = minimumFrequency
            options.alphabetLimit = alphabetLimit
            options.unusedTokens = unused
            options.replacesInvalid = replaceInvalid
            // Before the work, so that an impossible path is reported now.
            try Paths.createDirectory(Paths.parent(of: output))
            let result = try WordPieceTrainer(options).train(
                files: files, workers: workers ?? availableCores())
            try WholeFiles.writeAtomically(output, result.vocabulary.utf8)
            try StandardStreams.writeLine(
                "\(output): \(counted(result.vocabulary.count, "piece")), \(result.alphabet) of them "
                    + "characters; from \(counted(result.words, "word")), "
                    + "\(result.distinctWords) different, "
                    + "\(result.unknownWords) of which it cannot spell")
        }
    }
}

/// Number of processor cores that this process may use.
func availableCores() -> Int { ProcessInfo.processInfo.activeProcessorCount }

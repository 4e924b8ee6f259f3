import ArgumentParser
import Corpus
import DurableFiles
import ExitCoding
import FileNames
import Glibc
import Tokenization

/// `bert corpus`: builds, verifies and shows corpus directories.
struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Makes, checks, shows and exports what is trained on.",
        subcommands: [Build.self, Verify.self, Show.self, Export.self])
}

extension CorpusCommand {
    /// `bert corpus build`.
    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turns text files into a corpus directory.",
            discussion: """
                One sentence or paragraph a line, a blank line between documents, UTF-8. The same \
                text and options give the same bytes, whatever the number of workers.
                """)

        @OptionGroup var tokenizer: TokenizerOptions
        @Option(help: "The directory to make; it must not exist.")
        var output: String
        @Option(help: "Share of documents to hold out for evaluation.")
        var heldout = 0.05
        @Option(help: "Seed of the choice of held-out documents.")
        var seed: UInt64 = 1234
        @Option(help: "Threads that make tokens (default: all cores).")
        var workers: Int?
        @Flag(
            help: "Replace NUL bytes and invalid UTF-8 by U+FFFD instead of stopping.")
        var replaceInvalid = false
        @Flag(help: "Leave out documents whose text has come before.")
        var deduplicate = false
        @Option(help: "Longest sentence in tokens; longer ones are cut.")
        var maximumSentence = 256
        @Option(help: "Tokens that a shard file should not exceed.")
        var shardTokens = 1 << 24
        @Argument(help: "Text files; - is standard input.")
        var files: [String]

        func run() throws {
            var options = CorpusBuilder.Options()
            let (vocabulary, settings) = try tokenizer.read()
            options.tokenizer = settings
            options.heldoutShare = heldout
            options.seed = seed
            options.workers = workers ?? min(1024, availableCores())
            options.replacesInvalid = replaceInvalid
            options.removesDuplicates = deduplicate
            options.maximumSentenceLength = maximumSentence
            options.shardTokens = shardTokens
            let builder = try CorpusBuilder(
                vocabulary: vocabulary, options: options)
            let progress = ProgressLine()
            let manifest = try builder.build(files, output: output) { bytes in
                progress.update("\(bytes >> 20) MiB read")
            }
            progress.clear()
            let unknown = manifest.unknownTokens(manifest.notes.unknownTokens ?? 0)
            try StandardStreams.writeLine("\(output): \(CorpusReport(manifest, unknown))")
            CorpusReport.warn(output, manifest, vocabulary, unknown)
        }
    }

    /// `bert corpus verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a corpus directory: hashes, structure and every token id.")

        @Argument(help: "Corpus directories.")
        var directories: [String]

        func run() throws {
            for path in directories {
                let directory = try CorpusDirectory(path: path)
                let unknown = try directory.verify()
                try StandardStreams.writeLine(
                    "\(path): good; \(CorpusReport(directory.manifest, unknown))")
                CorpusReport.warn(path, directory.manifest, directory.vocabulary, unknown)
            }
        }
    }

    /// `bert corpus show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints one training sample as text.",
            discussion: """
                A token that is to be predicted is followed by the original in parentheses, or by
                (=) where it is shown itself.
                """)

        @Argument(help: "Corpus directory.")
        var directory: String
        @Option(help: "Place in the order of the epoch, from 0.")
        var index = 0
        @OptionGroup var samples: SampleOptions

        func run() throws {
            let directory = try CorpusDirectory(path: directory)
            let source = try samples.source(directory)
            let count = source.sampleCount(epoch: samples.epoch)
            guard (0..<count).contains(index) else {
                throw ValidationError(
                    "--index must be 0 to \(count - 1): epoch \(samples.epoch) has \(count) "
                        + "samples")
            }
            let sample = try source.sample(epoch: samples.epoch, index: index)
            try StandardStreams.writeLine("\(SampleText(sample, vocabulary: directory.vocabulary))")
        }
    }

    /// `bert corpus export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes samples, masks included, for other programs.",
            discussion: """
                --split heldout --seed 0, with the run's length, unit and most predictions, gives
                the samples that evaluation looks at.
                """)

        /// Output formats of samples.
        enum Format: String, ExpressibleByArgument, CaseIterable {
            case nvidiaHDF5 = "nvidia_hdf5"
        }

        @Option(help: "nvidia_hdf5: the files of NVIDIA's create_pretraining_data.py.")
        var to: Format
        @Argument(help: "Corpus directory.")
        var directory: String
        @Argument(help: "The file to make; it must not exist.")
        var output: String
        @Option(help: "Number of samples (default: the whole epoch).")
        var count: Int?
        @OptionGroup var samples: SampleOptions

        func run() throws {
            let source = try samples.source(CorpusDirectory(path: directory))
            let available = source.sampleCount(epoch: samples.epoch)
            let count = count ?? available
            guard (1...available).contains(count) else {
                throw ValidationError(
                    "--count must be 1 to \(available), the samples of epoch \(samples.epoch)")
            }
            try NvidiaFileWriter.write(
                source, epoch: samples.epoch, first: 0, count: count,
                predictions: samples.maximumPredictions, to: output)
            try StandardStreams.writeLine("\(output): \(counted(count, "sample"))")
        }
    }
}

/// One line about a corpus.
private struct CorpusReport: CustomStringConvertible {
    private let manifest: CorpusManifest
    private let unknown: UnknownTokens

    init(_ manifest: CorpusManifest, _ unknown: UnknownTokens) {
        self.manifest = manifest
        self.unknown = unknown
    }

    /// Warns on standard error if a large fraction of the corpus is `[UNK]`.
    static func warn(
        _ path: String, _ manifest: CorpusManifest, _ vocabulary: Vocabulary,
        _ unknown: UnknownTokens
    ) {
        guard let warning = unknown.warning(vocabulary, manifest.tokenizer) else { return }
        CheckpointCommand.warn("\(path): warning: \(warning)")
    }

    var description: String {
        var text = CorpusSplit.allCases.map { split in
            let counts = manifest[split]
            return "\(split.rawValue) \(counted(counts.documents, "document")), "
                + "\(counted(counts.sentences, "sentence")), "
                + "\(counted(counts.tokens, "token")) in \(counted(counts.shards, "shard"))"
        }.joined(separator: "; ")
        text += "; \(unknown.percentage) of the tokens are [UNK]"
        let notes = manifest.notes
        let remarks: [(Int, String, String)] = [
            (
                notes.duplicateDocuments, "duplicate",
                notes.removedDuplicates ? " left out" : " kept"
            ),
            (notes.emptyDocuments, "document", " without tokens left out"),
            (notes.cutDocuments, "cut", " in documents that were too large"),
            (notes.cutSentences, "cut", " in sentences that were too long"),
            (notes.replacedBytes, "byte sequence", " that were no text replaced"),
        ]
        for (count, noun, remark) in remarks where count > 0 {
            text += "; \(counted(count, noun))\(remark)"
        }
        return text
    }
}

/// A progress line on standard error, overwritten in place if that is a terminal.
private struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func update(_ text: String) { write("\r\(FileName.visible(text))\u{1B}[K") }

    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) {
        guard isTerminal else { return }
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

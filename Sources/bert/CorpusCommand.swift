public import ArgumentParser
public import Corpus
import Glibc
import Tokenization

/// `bert corpus`: makes, checks and shows corpus directories.
struct CorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corpus",
        abstract: "Makes, checks and shows the token ids that are trained on.",
        subcommands: [Build.self, Verify.self, Show.self])
}

extension CorpusCommand {
    /// `bert corpus build`.
    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turns text files into a corpus directory.",
            discussion: """
                One sentence or paragraph a line, a blank line between documents, UTF-8. The same
                text and options give the same bytes, whatever the number of workers.
                """)

        @Option(help: "Vocabulary: one piece a line.")
        var vocab: String
        @Option(help: "The directory to make; it must not exist.")
        var output: String
        @Flag(help: "Keep upper case and accents.")
        var cased = false
        @Option(help: "Share of documents to hold out for evaluation.")
        var heldout = 0.05
        @Option(help: "Seed of the choice of held-out documents.")
        var seed: UInt64 = 1234
        @Option(help: "Threads that make tokens (default: all cores).")
        var workers: Int?
        @Flag(help: "Put U+FFFD where the text is not UTF-8 instead of stopping.")
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
            options.lowercase = !cased
            options.heldoutShare = heldout
            options.seed = seed
            options.workers = workers ?? min(1024, availableCores())
            options.replacesInvalid = replaceInvalid
            options.removesDuplicates = deduplicate
            options.maximumSentenceLength = maximumSentence
            options.shardTokens = shardTokens
            let builder = try CorpusBuilder(
                vocabulary: Vocabulary(contentsOf: vocab), options: options)
            let progress = ProgressLine()
            let manifest = try builder.build(files, output: output) { bytes in
                progress.update("\(bytes >> 20) MiB read")
            }
            progress.clear()
            print("\(output): \(CorpusReport(manifest))")
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
                try directory.verify()
                print("\(path): good; \(CorpusReport(directory.manifest))")
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
        @Option(help: "Pass over the data, from 0.")
        var epoch = 0
        @Option(help: "Place in the order of the epoch, from 0.")
        var index = 0
        @Option(help: "Seed of the run.")
        var seed: UInt64 = 1234
        @Option(help: "train or heldout.")
        var split = CorpusSplit.train
        @Option(help: "Longest sample in tokens.")
        var sequenceLength = 128
        @Option(help: "Share of passes that aim at a shorter length.")
        var shortSequenceProbability = 0.1
        @Option(help: "shuffled or sequential.")
        var order = SampleOrder.shuffled
        @Option(help: "token, whole_word, ngram or span.")
        var unit = MaskingUnit.token
        @Option(help: "Share of tokens to predict.")
        var maskingProbability = 0.15
        @Option(help: "Most predictions in a sample.")
        var maximumPredictions = 20

        func run() throws {
            let directory = try CorpusDirectory(path: directory)
            let masking = MaskingSettings(
                probability: maskingProbability, maximumPredictions: maximumPredictions, unit: unit)
            let settings = SampleSettings(
                sequenceLength: sequenceLength, shortSequenceProbability: shortSequenceProbability,
                order: order, masking: masking)
            let source = try CorpusSource(
                [directory], split: split, settings: settings, seed: seed)
            guard (0..<1 << 24).contains(epoch) else {
                throw ValidationError("--epoch must be 0 to 16777215")
            }
            let count = source.sampleCount(epoch: epoch)
            guard (0..<count).contains(index) else {
                throw ValidationError(
                    "--index must be 0 to \(count - 1): epoch \(epoch) has \(count) samples")
            }
            let sample = try source.sample(epoch: epoch, index: index)
            print(SampleText(sample, vocabulary: directory.vocabulary))
        }
    }
}

extension CorpusSplit: ExpressibleByArgument {}
extension SampleOrder: ExpressibleByArgument {}
extension MaskingUnit: ExpressibleByArgument {}

/// One line about a corpus.
private struct CorpusReport: CustomStringConvertible {
    let manifest: CorpusManifest

    init(_ manifest: CorpusManifest) { self.manifest = manifest }

    var description: String {
        var text = CorpusSplit.allCases.map { split in
            let counts = manifest[split]
            return "\(split.rawValue) \(counts.documents) documents, "
                + "\(counts.sentences) sentences, \(counts.tokens) tokens in "
                + "\(counts.shards) shards"
        }.joined(separator: "; ")
        let notes = manifest.notes
        let remarks = [
            (
                notes.duplicateDocuments,
                notes.removedDuplicates ? "duplicates left out" : "duplicates kept"
            ),
            (notes.emptyDocuments, "documents without tokens left out"),
            (notes.cutDocuments, "cuts in documents that were too large"),
            (notes.cutSentences, "cuts in sentences that were too long"),
            (notes.replacedBytes, "byte sequences that were not UTF-8 replaced"),
        ]
        for (count, remark) in remarks where count > 0 { text += "; \(count) \(remark)" }
        return text
    }
}

/// A line on standard error that is written over, where that is a terminal.
private struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func update(_ text: String) { write("\r\(text)\u{1B}[K") }

    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) {
        guard isTerminal else { return }
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

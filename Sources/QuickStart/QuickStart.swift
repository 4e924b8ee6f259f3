import Corpus
import DurableFiles
import Tokenization

/// Run that needs only the program: bundled texts, and a configuration for them.
public enum QuickStart {
    /// Bundled texts, English and Chinese, dedicated to the public domain.
    public static let texts = ["chinese.txt", "english-nature.txt", "english-people.txt"]
    /// Size of the vocabulary that is learned from them.
    public static let vocabularySize = 4_000
    /// Share of held-out documents.
    public static let heldoutShare = 0.1

    /// Returns the path of a bundled file.
    ///
    /// - Throws: `FileError` if the files were not installed beside the program.
    public static func path(of name: String) throws -> String {
        let program = try? Paths.linkTarget(of: "/proc/self/exe")
        let path = Paths.join(
            Paths.parent(of: program ?? ""), "bert_QuickStart.resources/Resources/\(name)")
        guard try Paths.exists(path) else {
            throw FileError(
                .missing, path,
                "the bundled files are missing; keep bert_QuickStart.resources beside the program")
        }
        return path
    }

    /// Returns the text of the quick start's configuration.
    public static func configuration() throws -> String {
        let bytes = try WholeFiles.read(path(of: "quickstart.yaml"), maximumByteCount: 1 << 20)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Builds the vocabulary and the corpus of the bundled texts in `directory` if they are
    /// missing, and verifies existing ones.
    ///
    /// - Returns: the corpus directory.
    public static func prepare(in directory: String, workers: Int) throws -> String {
        let corpus = Paths.join(directory, "corpus")
        if try Paths.exists(corpus) {
            try CorpusDirectory(path: corpus).verify()
            return corpus
        }
        try Paths.createDirectory(directory)
        let files = try texts.map { try path(of: $0) }
        var learning = WordPieceTrainer.Options(size: vocabularySize)
        learning.unusedTokens = 0
        let vocabulary = try WordPieceTrainer(learning).train(files: files, workers: workers)
            .vocabulary
        var options = CorpusBuilder.Options()
        options.heldoutShare = heldoutShare
        options.workers = workers
        _ = try CorpusBuilder(vocabulary: vocabulary, options: options)
            .build(files, output: corpus)
        return corpus
    }
}

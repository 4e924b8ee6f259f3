import DurableFiles
import Glibc
public import Tokenization

/// Makes a corpus directory from text files.
///
/// The text is streamed. In memory are a few chunks per worker, in every stage of processing, one
/// shard per split, and 12 to 24 bytes per document. The same text, vocabulary and options give the
/// same bytes for any number of workers.
public struct CorpusBuilder {
    /// Options of a build.
    public struct Options: Sendable {
        /// Rules that turn text into tokens; special tokens in a text are ordinary text.
        public var tokenizer = TokenizerSettings()
        /// Fraction of documents held out, selected by a hash of seed and text; at least one if
        /// there are two or more documents, and none if the fraction is 0.
        public var heldoutShare = 0.05
        /// Seed of that selection.
        public var seed: UInt64 = 1234
        /// Number of tokenizing threads; one more thread reads and writes.
        public var workers = 1
        /// Whether bytes that are not UTF-8 are replaced by U+FFFD instead of being an error.
        public var replacesInvalid = false
        /// Whether only the first of several documents with equal text is kept.
        public var removesDuplicates = false
        /// Maximum number of tokens of a sentence; longer ones are split.
        public var maximumSentenceLength = 256
        /// Number of tokens that a shard should not exceed.
        public var shardTokens = 1 << 24
        /// Size in bytes above which a document is split.
        public var documentBytes = 4 << 20
        /// Size in bytes of the chunks given to workers; documents are not split for it.
        public var chunkBytes = 512 << 10

        /// The default options.
        public init() {}
    }

    private let options: Options
    private let tokenizer: WordPieceTokenizer

    /// Makes a builder with the given options.
    ///
    /// - Throws: `CorpusError.invalidSetting` if an option is out of range.
    public init(vocabulary: Vocabulary, options: Options) throws(CorpusError) {
        try options.validate()
        self.options = options
        // "[MASK]" in a text is ordinary text, not a mask.
        tokenizer = WordPieceTokenizer(
            vocabulary: vocabulary, settings: options.tokenizer,
            recognizesSpecialTokens: false)
    }

    /// Reads `inputs` (files; "-" is standard input) and writes the directory `output` atomically.
    ///
    /// - Parameter progress: Called periodically with the number of bytes read so far.
    /// - Returns: The manifest of the new directory.
    /// - Throws: `CorpusError` if the text is not UTF-8 or is empty; `FileError` or `HDF5Error` if
    ///   a file cannot be read or written, and if `output` exists.
    @discardableResult
    public func build(
        _ inputs: [String], output: String, progress: (Int) -> Void = { _ in }
    ) throws -> CorpusManifest {
        // All inputs are checked before hours of work begin.
        for path in inputs { try TextInput.check(path) }
        try PendingDirectory.removeStale(in: Paths.parent(of: output))
        let directory = try PendingDirectory(target: output)
        var assembly = CorpusAssembly(
            directory: directory.path, vocabularySize: tokenizer.vocabulary.count,
            options: options)
        for path in inputs {
            try read(TextInput(path: path), into: &assembly, progress: progress)
        }
        try assembly.finish()
        guard assembly.train.documents > 0 else {
            throw CorpusError.noText(
                "\(inputs.joined(separator: ", ")): no text; a corpus needs at least one sentence")
        }
        let manifest = try assembly.manifest(
            CorpusManifest(
                vocabularySize: tokenizer.vocabulary.count,
                tokenizer: tokenizer.settings.withoutSpecialTokens,
                seed: options.seed, heldoutShare: options.heldoutShare,
                maximumSentenceLength: options.maximumSentenceLength),
            directory: directory.path)
        try WholeFiles.writeAtomically(
            Paths.join(directory.path, CorpusDirectory.vocabularyName), tokenizer.vocabulary.utf8)
        try directory.publish(
            formatVersion: manifest.formatVersion, metadata: manifest)
        return manifest
    }

    private func read(
        _ input: consuming TextInput, into assembly: inout CorpusAssembly, progress: (Int) -> Void
    ) throws {
        var reader = DocumentReader(
            input, chunkBytes: options.chunkBytes, documentBytes: options.documentBytes)
        let workers = OrderedWorkers<TextChunk, EncodedChunk>(count: options.workers) {
            let encoder = DocumentEncoder(
                tokenizer: tokenizer, seed: options.seed,
                maximumSentenceLength: options.maximumSentenceLength,
                replacesInvalid: options.replacesInvalid)
            return { try encoder.encode($0) }
        }
        while let chunk = try reader.next() {
            if workers.isFull { try assembly.append(workers.takeFirst()) }
            workers.submit(chunk)
            progress(assembly.notes.textBytes)
        }
        while !workers.isEmpty { try assembly.append(workers.takeFirst()) }
        assembly.notes.cutDocuments += reader.cuts
        progress(assembly.notes.textBytes)
    }
}

extension CorpusBuilder.Options {
    func validate() throws(CorpusError) {
        guard (0..<1).contains(heldoutShare) else {
            throw .invalidSetting(
                "the held-out share is \(heldoutShare); it must be at least 0 and below 1")
        }
        guard (1...1024).contains(workers) else {
            throw .invalidSetting("\(workers) workers; there must be 1 to 1024")
        }
        guard (1...CorpusShard.maximumSentenceLength).contains(maximumSentenceLength) else {
            throw .invalidSetting(
                "the longest sentence is \(maximumSentenceLength) tokens; it must be 1 to "
                    + "\(CorpusShard.maximumSentenceLength)")
        }
        guard shardTokens > 0, (1 << 4...1 << 30).contains(documentBytes),
            (1 << 4...1 << 30).contains(chunkBytes)
        else {
            throw .invalidSetting("the sizes of shards, documents and chunks must be positive")
        }
    }
}

public import Corpus
import DurableFiles
import Evaluation
public import Tokenization

/// Source of a run's samples.
public struct DataSetup {
    private let directories: [CorpusDirectory]
    private let heldoutDirectories: [CorpusDirectory]
    private let settings: RunConfiguration.Data

    /// Opens the corpora named by `settings`; NVIDIA's files are opened with the sources.
    ///
    /// - Throws: `PretrainingError` (78) if nothing is named, `CorpusError` for a bad corpus.
    public init(_ settings: RunConfiguration.Data) throws {
        guard !settings.train.isEmpty else {
            throw PretrainingError.configuration(
                "data.train names no data: give corpus directories made by `bert corpus build`, or "
                    + "NVIDIA's HDF5 files with data.format: nvidia_hdf5")
        }
        self.settings = settings
        let isCorpus = settings.format == .corpus
        directories = isCorpus ? try settings.train.map { try CorpusDirectory(path: $0) } : []
        try Self.checkDistinct(settings.heldout)
        heldoutDirectories =
            isCorpus ? try settings.heldout.map { try CorpusDirectory(path: $0) } : []
    }

    /// Throws if held-out data is named twice, because it would count twice and make intervals too
    /// narrow.
    static func checkDistinct(_ paths: [String]) throws {
        var seen: Set<Paths.Identity> = []
        for path in paths {
            guard let identity = try Paths.Identity(path) else { continue }
            guard seen.insert(identity).inserted else {
                throw PretrainingError.configuration(
                    "\(path) is named twice as held-out data, and would count twice; name it once")
            }
        }
    }

    /// Vocabulary and tokenizer settings of the corpora; nil for NVIDIA's files, which name none.
    public var corpus: (vocabulary: Vocabulary, tokenizer: TokenizerSettings)? {
        directories.first.map { ($0.vocabulary, $0.manifest.tokenizer) }
    }

    /// All corpora, including held-out ones.
    var corpora: [CorpusDirectory] { directories + heldoutDirectories }

    /// Checks that every corpus, including held-out ones, was built with the model's vocabulary and
    /// tokenizer.
    func check(_ vocabulary: Vocabulary, _ tokenizer: TokenizerSettings) throws {
        try Self.check(corpora, vocabulary, tokenizer)
    }

    /// Checks that all `directories` were built with the model's vocabulary and tokenizer. Ids of
    /// another vocabulary would be other words, and words of another casing mostly unknown.
    static func check(
        _ directories: [CorpusDirectory], _ vocabulary: Vocabulary, _ tokenizer: TokenizerSettings
    ) throws {
        if let other = directories.first(where: { $0.vocabulary.text != vocabulary.text }) {
            throw PretrainingError.configuration(
                "\(other.path) was built with another vocabulary than the model's; build it with "
                    + "`bert corpus build --vocab` and the model's vocab.txt")
        }
        if let other = directories.first(where: { !$0.manifest.tokenizer.splitsText(as: tokenizer) }
        ) {
            let built = other.manifest.tokenizer
            guard built.isPlain, tokenizer.isPlain else {
                throw PretrainingError.configuration(
                    "\(other.path) was built with \(built.summary), but the model's tokenizer has "
                        + "\(tokenizer.summary); build it with `bert corpus build --tokenizer MODEL`"
                )
            }
            throw PretrainingError.configuration(
                tokenizer.lowercase
                    ? "\(other.path) was built with --cased, but the model is of lower-cased text "
                        + "(do_lower_case); build it without"
                    : "\(other.path) was built of lower-cased text, but the model is cased "
                        + "(do_lower_case is false); build it with `bert corpus build --cased`")
        }
    }

    /// A warning if the width of NVIDIA's rows, which are used as stored, differs from
    /// `data.sequence_length`.
    static func lengthNotice(_ sources: [any SampleSource], sequenceLength: Int) -> String? {
        let lengths = sources.filter { $0 is NvidiaHDF5Source }.map(\.maximumLength)
        guard let length = lengths.first(where: { $0 != sequenceLength }) else { return nil }
        return "the rows of NVIDIA's files have up to \(length) tokens and are used as they are; "
            + "data.sequence_length: \(sequenceLength) does not change that (set it to \(length))"
    }

    /// One line for the banner.
    public var summary: String {
        guard !directories.isEmpty else {
            return "\(settings.train.joined(separator: ", ")) (NVIDIA HDF5)"
        }
        let counts = directories.reduce(into: (documents: 0, tokens: 0)) {
            $0.documents += $1.manifest.train.documents
            $0.tokens += $1.manifest.train.tokens
        }
        return "\(directories.map(\.path).joined(separator: ", ")): "
            + "\(counts.documents) documents, \(counts.tokens) tokens"
    }

    /// Training samples with the settings of `configuration` (of a phase).
    public func training(
        _ configuration: RunConfiguration, vocabularySize: Int
    ) throws -> any SampleSource {
        guard !directories.isEmpty else {
            return try NvidiaHDF5Source(
                paths: settings.train, vocabularySize: vocabularySize,
                order: configuration.samples.order,
                seed: configuration.run.seed)
        }
        return try CorpusSource(
            directories, split: .train,
            settings: configuration.samples, seed: configuration.run.seed)
    }

    /// Held-out samples: those of `data.heldout`, otherwise the corpora's own held-out split; `nil`
    /// if there are neither.
    public func heldout(
        _ configuration: RunConfiguration, vocabularySize: Int
    ) throws -> (any SampleSource)? {
        let settings = configuration.samples.ofHeldout
        if !heldoutDirectories.isEmpty {
            return try Self.heldout(heldoutDirectories, settings)
        }
        if !configuration.data.heldout.isEmpty {
            return try NvidiaHDF5Source(
                paths: configuration.data.heldout, vocabularySize: vocabularySize,
                order: .sequential, seed: PretrainingEvaluator.seed)
        }
        // A corpus that is listed twice for training is held out once.
        var seen: Set<Paths.Identity?> = []
        let own = try directories.filter {
            try $0.manifest.heldout.documents > 0
                && seen.insert(Paths.Identity($0.path)).inserted
        }
        return own.isEmpty ? nil : try Self.heldout(own, settings)
    }

    /// Samples for evaluation of the named corpora: their held-out documents, or all documents if
    /// none of the corpora has held-out ones.
    ///
    /// - Throws: `PretrainingError` (78) if only some have held-out documents.
    static func heldout(
        _ directories: [CorpusDirectory], _ settings: SampleSettings
    ) throws -> CorpusSource {
        let hasHeldout = directories.contains { $0.manifest.heldout.documents > 0 }
        let empty = directories.first { $0.manifest.heldout.documents == 0 }
        if hasHeldout, let empty {
            throw PretrainingError.configuration(
                "\(empty.path) has no held-out documents, and others beside it have; name it alone "
                    + "(then all of it counts), or build it with --heldout")
        }
        return try CorpusSource(
            directories, split: hasHeldout ? .heldout : .train, settings: settings,
            seed: PretrainingEvaluator.seed)
    }
}

extension SampleSettings {
    /// The same settings for held-out data, whose order is always one permutation, because an
    /// evaluation takes its first samples.
    var ofHeldout: SampleSettings {
        var settings = self
        settings.order = .shuffled
        return settings
    }
}

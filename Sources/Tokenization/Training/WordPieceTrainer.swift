/// Learns a WordPiece vocabulary from text.
///
/// Words are split and normalized as in `WordPieceTokenizer`. Every word starts as its letters, the
/// first unmarked and the others after `##`. Then the most frequent pair of adjacent pieces is
/// repeatedly joined to a new piece, until the vocabulary is full. (Hugging Face's
/// `BertWordPieceTrainer` works this way; Google never published theirs.) Ties are broken by the
/// byte order of the joined piece, then by the shorter left half.
///
/// Only exact counts decide, so the result depends neither on the order of the files nor on the
/// number of workers.
public struct WordPieceTrainer: Sendable {
    /// Options of training.
    public struct Options: Sendable, Equatable {
        /// Requested number of pieces, including special and unused ones.
        public var size: Int
        /// Rules that split text into words; the vocabulary is for a tokenizer with these settings.
        public var tokenizer: TokenizerSettings
        /// Minimum count of a pair to be joined, and of a non-ASCII character to get a piece. At
        /// least 1.
        public var minimumFrequency = 2
        /// Maximum number of characters that get pieces of their own; the most frequent ones do.
        /// The printable ASCII characters always do. If nil, the characters that make up 99.99 % of
        /// the text, limited to half of the room that ASCII leaves.
        public var alphabetLimit: Int?
        /// Number of pieces `[unused0]`, `[unused1]`, … that users can rename. With 99, as in
        /// Google's vocabularies, `[CLS]` is 101.
        public var unusedTokens = 99
        /// Maximum number of distinct chunks that are counted. Each takes about 50 bytes per
        /// worker, and once more for the total.
        public var maximumDistinctWords = 10_000_000
        /// Whether bytes that are not UTF-8, and NUL, are removed instead of being an error.
        public var replacesInvalid = false

        /// Options with the defaults above.
        public init(size: Int, lowercase: Bool = true) {
            self.size = size
            tokenizer = TokenizerSettings(lowercase: lowercase)
        }
    }

    /// A vocabulary and statistics of its training.
    public struct Result: Sendable {
        /// The vocabulary, which is smaller than requested if the text has too few frequent pairs.
        public let vocabulary: Vocabulary
        /// Bytes of text read.
        public let bytes: Int
        /// Words in the text.
        public let words: Int
        /// Distinct words in the text.
        public let distinctWords: Int
        /// Words in the text that are `[UNK]`, because they contain a character without a piece or
        /// are too long.
        public let unknownWords: Int
        /// Characters with pieces of their own.
        public let alphabet: Int
    }

    /// The options.
    public let options: Options

    /// Makes a trainer.
    ///
    /// - Throws: `WordPieceTrainerError.badOption`.
    public init(_ options: Options) throws(WordPieceTrainerError) {
        func require(_ holds: Bool, _ name: String, _ rule: String) throws(WordPieceTrainerError) {
            if !holds { throw .badOption(name: name, rule: rule) }
        }
        try require(
            0 < options.size && options.size <= Vocabulary.maximumTokens, "size",
            "must be 1...\(Vocabulary.maximumTokens)")
        try require(options.minimumFrequency > 0, "minimum frequency", "must be at least 1")
        try require(options.alphabetLimit ?? 0 >= 0, "alphabet limit", "must not be negative")
        try require(
            (0...Vocabulary.maximumTokens).contains(options.unusedTokens), "unused tokens",
            "must be 0...\(Vocabulary.maximumTokens)")
        try require(
            (1...100_000_000).contains(options.maximumDistinctWords), "maximum distinct words",
            "must be 1...100000000")
        self.options = options
    }

    /// Learns from files in any order, with any number of threads.
    ///
    /// - Parameters:
    ///   - files: Paths of UTF-8 text; "-" is standard input. A pipe is read by one thread.
    ///   - workers: Threads that count words; at least 1.
    /// - Throws: `WordPieceTrainerError`.
    public func train(files: [String], workers: Int) throws(WordPieceTrainerError) -> Result {
        try train(files: files, workers: workers, rangeBytes: 1 << 22)
    }

    /// Trains with files cut into ranges of the given size.
    package func train(
        files: [String], workers: Int, rangeBytes: Int
    ) throws(WordPieceTrainerError) -> Result {
        precondition(workers > 0, "there must be a worker")
        let counts = try WordCounting(
            requiresText: !options.replacesInvalid, table: .of(options.tokenizer.form),
            limit: options.maximumDistinctWords, rangeBytes: rangeBytes
        ).count(files: files, workers: workers)
        let alphabet = try Alphabet(counts.words, options)
        var pieces = PieceList(alphabet)
        let room = options.size - options.fixedTokens.count
        var merger = try PairMerger(counts.words, alphabet)
        merger.run(&pieces, upTo: room, minimumFrequency: Int64(options.minimumFrequency))
        let lines = options.fixedTokens + pieces.tokens
        let vocabulary: Vocabulary
        do { vocabulary = try Vocabulary(lines: lines) } catch { throw .vocabulary(error) }
        return Result(
            vocabulary: vocabulary, bytes: counts.bytes, words: Int(counts.total),
            distinctWords: counts.words.count,
            unknownWords: Int(counts.total - merger.coveredWords),
            alphabet: alphabet.characters.count)
    }
}

extension WordPieceTrainer.Options {
    /// First pieces of the vocabulary: `[PAD]`, the unused ones, then the other special ones.
    var fixedTokens: [String] {
        let specials = Vocabulary.specialTokens
        return [specials[0]] + (0..<unusedTokens).map { "[unused\($0)]" } + specials.dropFirst()
    }
}

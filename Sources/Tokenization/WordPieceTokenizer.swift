/// BERT's tokenizer: converts UTF-8 text to pieces of a vocabulary, as Hugging Face's
/// `BertWordPieceTokenizer` does.
///
/// Steps: `[MASK]` and the other special and added tokens are extracted unmodified; control
/// characters are removed; ideographs are isolated; text is decomposed and stripped of accents, and
/// lowercased, according to the settings; added tokens of normalized text are extracted;
/// punctuation is isolated; each word is spelled greedily by the longest pieces, or is `[UNK]`.
/// Invalid UTF-8 is removed, as it is after Python's `errors="replace"`.
///
/// The tokenizer is immutable, so threads share it; each thread makes its own `WordPieceEncoder`.
public final class WordPieceTokenizer: Sendable {
    /// The pieces.
    public let vocabulary: Vocabulary
    /// Rules that split text into words.
    public let settings: TokenizerSettings
    /// Whether `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]` in the text become their ids, as in
    /// Hugging Face, or are split like any text. The same applies to added tokens that are special.
    public let recognizesSpecialTokens: Bool

    let trie: PieceTrie
    /// Ids of words that are one code point of the basic plane.
    let isolatedIDs: FrozenTable<Int32>
    /// Tokens extracted from unmodified text.
    let literalTokens: AddedTokenMatcher
    /// Tokens extracted from normalized text.
    let normalizedTokens: AddedTokenMatcher
    let table: CharacterTable

    /// Makes the tables for a vocabulary with the settings of an uncased or a cased model.
    public convenience init(
        vocabulary: Vocabulary, lowercase: Bool, recognizesSpecialTokens: Bool = true
    ) {
        self.init(
            vocabulary: vocabulary, settings: TokenizerSettings(lowercase: lowercase),
            recognizesSpecialTokens: recognizesSpecialTokens)
    }

    /// Makes the tables for a vocabulary, in about 20 ms for 30,000 pieces. Added tokens missing
    /// from the vocabulary are not recognized.
    public init(
        vocabulary: Vocabulary, settings: TokenizerSettings, recognizesSpecialTokens: Bool = true
    ) {
        self.vocabulary = vocabulary
        self.settings = settings
        self.recognizesSpecialTokens = recognizesSpecialTokens
        table = CharacterTable.of(settings.form)
        let excluded = Set(
            settings.addedTokens.filter { !$0.isPiece }.compactMap { vocabulary.id(of: $0.content) }
        )
        trie = PieceTrie(vocabulary, excluding: excluded)
        var isolated = [Int32](repeating: vocabulary.unkID, count: 0x10000)
        for id in 0..<Int32(vocabulary.count) where !excluded.contains(id) {
            let scalars = vocabulary.token(id).unicodeScalars
            if let first = scalars.first, scalars.count == 1, first.value < 0x10000 {
                isolated[Int(first.value)] = id
            }
        }
        isolatedIDs = FrozenTable(isolated)
        let added = settings.addedTokens.filter { recognizesSpecialTokens || !$0.isSpecial }
        let special = recognizesSpecialTokens ? Vocabulary.specialTokens : []
        let literal = special + added.filter { !$0.isNormalized }.map(\.content)
        literalTokens = AddedTokenMatcher(
            literal.compactMap { token in
                vocabulary.id(of: token).map { (Array(token.utf8), $0) }
            })
        var normalizer = WordNormalizer(table, keepsSpacing: true)
        normalizedTokens = AddedTokenMatcher(
            added.filter(\.isNormalized).compactMap { token in
                normalizer.normalize(Array(token.content.utf8))
                guard !normalizer.text.isEmpty else { return nil }
                return vocabulary.id(of: token.content).map { (normalizer.text, $0) }
            })
    }

    /// The ids of a text, without `[CLS]` and `[SEP]` around them. For much text, use a
    /// `WordPieceEncoder`.
    public func encode(_ text: String) -> [Int32] {
        var ids: [Int32] = []
        let encoder = WordPieceEncoder(self)
        var text = text
        text.withUTF8 { encoder.encode(UnsafeRawBufferPointer($0), into: &ids) }
        return ids
    }

    /// Words of a text as they are looked up among the pieces; empty for one that is too long.
    /// Special tokens are split like any text.
    package func words(in utf8: [UInt8]) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var normalizer = WordNormalizer(table)
        utf8.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            var scanner = TextScanner(base, bytes.count, table)
            while let chunk = scanner.nextBytes() {
                normalizer.normalize(chunk.baseAddress ?? base, chunk.count)
                var start = 0
                for end in normalizer.ends {
                    words.append(end < 0 ? [] : Array(normalizer.text[start..<Int(end)]))
                    if end >= 0 { start = Int(end) }
                }
            }
        }
        return words
    }

    /// The pieces of a text, without `[CLS]` and `[SEP]` around them.
    public func tokens(for text: String) -> [String] {
        encode(text).map(vocabulary.token)
    }
}

/// Rules that split text into words before pieces spell them, and words that are pieces of their
/// own. Hugging Face keeps them in `tokenizer_config.json`, next to the vocabulary.
///
/// Together with a vocabulary, equal settings give equal ids. The defaults are those of BERT's
/// uncased models.
public struct TokenizerSettings: Sendable, Hashable {
    /// A token that is extracted from the text before anything is split.
    public struct AddedToken: Sendable, Hashable {
        /// Text of the token, without white space.
        public var content: String
        /// Whether the token is searched for in normalized text (lowercase, without accents)
        /// instead of the unmodified text.
        public var isNormalized: Bool
        /// Whether the token represents something other than text, as `[MASK]` does.
        public var isSpecial: Bool
        /// Whether words are also spelled with it; otherwise it is in the vocabulary for its id
        /// only.
        public var isPiece: Bool

        /// Makes a token with these properties.
        public init(content: String, isNormalized: Bool, isSpecial: Bool, isPiece: Bool) {
            self.content = content
            self.isNormalized = isNormalized
            self.isSpecial = isSpecial
            self.isPiece = isPiece
        }
    }

    /// Whether text is lowercased ("uncased"), `do_lower_case`.
    public var lowercase: Bool
    /// Whether text is decomposed and stripped of accents, `strip_accents`; nil if this follows
    /// `lowercase`.
    public var stripAccents: Bool?
    /// Whether each Chinese character is a word on its own, `tokenize_chinese_chars`.
    public var isolatesIdeographs = true
    /// Extracted tokens other than `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`.
    public var addedTokens: [AddedToken] = []

    /// Makes the settings of BERT's uncased models, or of its cased ones.
    public init(lowercase: Bool = true) { self.lowercase = lowercase }

    /// Whether accents are stripped, explicitly or by default.
    public var stripsAccents: Bool { stripAccents ?? lowercase }

    /// Whether `lowercase` determines all settings.
    public var isPlain: Bool {
        stripsAccents == lowercase && isolatesIdeographs && addedTokens.isEmpty
    }

    /// These settings without special tokens, which a corpus treats as ordinary text.
    public var withoutSpecialTokens: TokenizerSettings {
        var settings = self
        settings.addedTokens.removeAll { $0.isSpecial }
        return settings
    }

    /// Whether text without special tokens is split into the same words.
    public func splitsText(as other: TokenizerSettings) -> Bool {
        lowercase == other.lowercase && stripsAccents == other.stripsAccents
            && isolatesIdeographs == other.isolatesIdeographs
            && Set(withoutSpecialTokens.addedTokens) == Set(other.withoutSpecialTokens.addedTokens)
    }

    /// Short description of the settings, by Hugging Face's names.
    public var summary: String {
        var text = "do_lower_case \(lowercase), strip_accents \(stripsAccents)"
        if !isolatesIdeographs { text += ", tokenize_chinese_chars false" }
        let added = withoutSpecialTokens.addedTokens
        if !added.isEmpty {
            text += ", added tokens " + added.prefix(3).map(\.content).joined(separator: " ")
            if added.count > 3 { text += " and \(added.count - 3) more" }
        }
        return text
    }

    var form: CharacterForm {
        CharacterForm(
            lowercase: lowercase, stripsAccents: stripsAccents,
            isolatesIdeographs: isolatesIdeographs)
    }
}

extension TokenizerSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case lowercase = "do_lower_case"
        case stripAccents = "strip_accents"
        case isolatesIdeographs = "tokenize_chinese_chars"
        case addedTokens = "added_tokens"
    }
}

extension TokenizerSettings.AddedToken: Codable {
    private enum CodingKeys: String, CodingKey {
        case content
        case isNormalized = "normalized"
        case isSpecial = "special"
        case isPiece = "piece"
    }
}

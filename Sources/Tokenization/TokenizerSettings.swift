/// The rules that split text into words before pieces spell them, and the words that are pieces of
/// their own. Hugging Face keeps them in `tokenizer_config.json` beside the vocabulary.
///
/// Together with a vocabulary, equal settings give equal ids. The defaults are those of BERT's
/// uncased models.
public struct TokenizerSettings: Sendable, Hashable {
    /// A token that is taken out of the text before anything is split.
    public struct AddedToken: Sendable, Hashable {
        /// The text of the token, which has no white space.
        public var content: String
        /// Whether the token is looked for in normalized text (lower case, without accents), rather
        /// than in the text as it stands.
        public var isNormalized: Bool
        /// Whether the token stands for something that is not text, as `[MASK]` does.
        public var isSpecial: Bool
        /// Whether words are spelled with it, too; otherwise it is in the vocabulary for its id only.
        public var isPiece: Bool

        /// A token with these properties.
        public init(content: String, isNormalized: Bool, isSpecial: Bool, isPiece: Bool) {
            self.content = content
            self.isNormalized = isNormalized
            self.isSpecial = isSpecial
            self.isPiece = isPiece
        }
    }

    /// Whether text is made lower case ("uncased"), `do_lower_case`.
    public var lowercase: Bool
    /// Whether text is decomposed and stripped of accents, `strip_accents`; nil: if it is made lower
    /// case.
    public var stripAccents: Bool?
    /// Whether each Chinese character is a word by itself, `tokenize_chinese_chars`.
    public var isolatesIdeographs = true
    /// Tokens beside `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]` that are taken out of the text.
    public var addedTokens: [AddedToken] = []

    /// The settings of BERT's uncased models, or of its cased ones.
    public init(lowercase: Bool = true) { self.lowercase = lowercase }

    /// Whether accents are stripped, said or not.
    public var stripsAccents: Bool { stripAccents ?? lowercase }

    /// Whether `lowercase` says it all.
    public var isPlain: Bool {
        stripsAccents == lowercase && isolatesIdeographs && addedTokens.isEmpty
    }

    /// These settings without special tokens, which a corpus treats as ordinary text.
    public var withoutSpecialTokens: TokenizerSettings {
        var settings = self
        settings.addedTokens.removeAll { $0.isSpecial }
        return settings
    }

    /// Whether a text without special tokens becomes the same words.
    public func splitsText(as other: TokenizerSettings) -> Bool {
        lowercase == other.lowercase && stripsAccents == other.stripsAccents
            && isolatesIdeographs == other.isolatesIdeographs
            && Set(withoutSpecialTokens.addedTokens) == Set(other.withoutSpecialTokens.addedTokens)
    }

    /// The settings in few words, by the names of Hugging Face.
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

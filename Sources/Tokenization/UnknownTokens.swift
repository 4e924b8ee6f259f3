/// Fraction of `[UNK]` among tokens, with a diagnosis if it is large.
public struct UnknownTokens: Sendable, Equatable {
    /// Tokens that are `[UNK]`.
    public let count: Int
    /// All tokens.
    public let total: Int

    /// A larger fraction means that text and vocabulary hardly match.
    public static let usualShare = 0.05

    /// `count` of `total` tokens.
    public init(_ count: Int, of total: Int) {
        self.count = count
        self.total = total
    }

    /// Whether the fraction is too large for rare names and symbols alone.
    public var isLarge: Bool { Double(count) > Self.usualShare * Double(total) }

    /// The fraction in per cent, with two decimals.
    public var percentage: String {
        let hundredths = total == 0 ? 0 : Int((Double(count) / Double(total) * 10_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }

    /// A warning with the likely reason, if the fraction is large.
    ///
    /// - Parameter tokenizer: Settings by which the text was split into words.
    public func warning(_ vocabulary: Vocabulary, _ tokenizer: TokenizerSettings) -> String? {
        guard isLarge else { return nil }
        let letters = VocabularyLetters(vocabulary)
        let reason =
            Self.casing(letters, tokenizer) ?? Self.accents(letters, tokenizer)
            ?? "the vocabulary was likely made for another language or script"
            + (letters.scripts.map { " (its pieces are \($0))" } ?? "")
            + "; train one on this text with `bert vocab train`"
        return
            "\(percentage) of the tokens are [UNK], so their words are lost to the model: \(reason)"
    }

    private static func casing(
        _ letters: VocabularyLetters, _ tokenizer: TokenizerSettings
    ) -> String? {
        guard letters.cased > 0 else { return nil }
        switch (tokenizer.lowercase, letters.capital > 0) {
        case (false, false):
            return "the vocabulary has no capital letters, but the text keeps its own (--cased); "
                + "omit --cased, or use a cased vocabulary"
        case (true, true):
            return
                "the vocabulary is a cased one, but the text is made lower case; pass --cased if "
                + "it is meant for such text"
        default: return nil
        }
    }

    private static func accents(
        _ letters: VocabularyLetters, _ tokenizer: TokenizerSettings
    ) -> String? {
        guard letters.cased > 0 else { return nil }
        switch (tokenizer.stripsAccents, letters.accented > 0) {
        case (false, false):
            return "the vocabulary has no letters with accents, but the text keeps its own "
                + "(strip_accents is false); omit --no-strip-accents, or take the model that the "
                + "vocabulary belongs to with --tokenizer"
        case (true, true) where letters.hasManyAccents:
            return "\(letters.accented) of the \(letters.pieces) pieces of the vocabulary have "
                + "accents, but the text is stripped of its own; pass --no-strip-accents, or take "
                + "the model that the vocabulary belongs to with --tokenizer"
        default: return nil
        }
    }
}

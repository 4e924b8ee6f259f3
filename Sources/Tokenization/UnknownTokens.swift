/// The share of `[UNK]` among tokens: what it is, and what is likely wrong where it is large.
public struct UnknownTokens: Sendable, Equatable {
    /// Tokens that are `[UNK]`.
    public let count: Int
    /// All tokens.
    public let total: Int

    /// A larger share means that text and vocabulary hardly go together.
    public static let usualShare = 0.05

    /// `count` of `total` tokens.
    public init(_ count: Int, of total: Int) {
        self.count = count
        self.total = total
    }

    /// Whether the share is too large to be only rare names and signs.
    public var isLarge: Bool { Double(count) > Self.usualShare * Double(total) }

    /// The share in per cent, with two decimals.
    public var percentage: String {
        let hundredths = total == 0 ? 0 : Int((Double(count) / Double(total) * 10_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }

    /// A warning with the likely reason, where the share is large.
    ///
    /// - Parameter lowercase: Whether the text was made lower case.
    public func warning(_ vocabulary: Vocabulary, lowercase: Bool) -> String? {
        guard isLarge else { return nil }
        let reason =
            switch (lowercase, vocabulary.hasCapitals) {
            case (false, false):
                "the vocabulary has no capital letters, but the text keeps its own (--cased); "
                    + "omit --cased, or use a cased vocabulary"
            case (true, true):
                "the vocabulary is a cased one, but the text is made lower case; pass --cased if "
                    + "it is meant for such text"
            default:
                "the vocabulary was likely made for another language or script; train one on this "
                    + "text with `bert vocab train`"
            }
        return
            "\(percentage) of the tokens are [UNK], so their words are lost to the model: \(reason)"
    }
}

extension Vocabulary {
    /// Whether a piece other than the bracketed ones, which stand for no text, has a capital letter.
    var hasCapitals: Bool {
        tokens.contains { piece in
            !piece.hasPrefix("[") && piece.unicodeScalars.contains { $0.properties.isUppercase }
        }
    }
}

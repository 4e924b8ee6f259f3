/// Counts of a vocabulary's pieces by the kinds of their letters. Bracketed pieces, which represent
/// no text, are not counted.
struct VocabularyLetters {
    /// Pieces with at least one letter.
    private(set) var pieces = 0
    /// Pieces with a letter of a script that has capitals.
    private(set) var cased = 0
    /// Pieces with a capital letter.
    private(set) var capital = 0
    /// Pieces with a letter that changes when accents are stripped, of a script that has capitals.
    private(set) var accented = 0
    /// Pieces per script, by Unicode's name: LATIN, CYRILLIC, CJK.
    private var byScript: [Substring: Int] = [:]

    /// Counts the pieces of `vocabulary`.
    init(_ vocabulary: Vocabulary) {
        for piece in vocabulary.tokens where !piece.hasPrefix("[") {
            let letters = piece.unicodeScalars.filter(\.properties.isAlphabetic)
            guard let first = letters.first else { continue }
            pieces += 1
            let cased = letters.filter(\.properties.isCased)
            if !cased.isEmpty { self.cased += 1 }
            if cased.contains(where: \.properties.isUppercase) { capital += 1 }
            if cased.contains(where: Self.isAccented) { accented += 1 }
            let script = first.properties.name?.split { $0 == " " || $0 == "-" }.first ?? "OTHER"
            byScript[script, default: 0] += 1
        }
    }

    /// Whether more pieces have accents than loan words alone would explain; a vocabulary of
    /// stripped text has none.
    var hasManyAccents: Bool { 100 * accented > pieces }

    /// Scripts of most pieces, with their percentages: "94 % LATIN"; nil if none has letters.
    var scripts: String? {
        let ranked = byScript.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = ranked.prefix(3).map { ($0.key, 100 * $0.value / max(pieces, 1)) }
        let texts = shown.filter { $0.1 > 0 }.map { "\($0.1) % \($0.0)" }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    private static func isAccented(_ scalar: Unicode.Scalar) -> Bool {
        let table = CharacterTable.of(
            CharacterForm(lowercase: false, stripsAccents: true, isolatesIdeographs: false))
        return table.characterClass(scalar.value) == .mapped
            && table.mapping(scalar.value) != [scalar.value]
    }
}

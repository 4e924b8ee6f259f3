import Testing
import Tokenization

/// Advice on texts that the vocabulary hardly covers.
@Suite struct UnknownTokensTests {
    private func warning(
        _ pieces: [String], lowercase: Bool, stripAccents: Bool? = nil
    ) throws -> String {
        var settings = TokenizerSettings(lowercase: lowercase)
        settings.stripAccents = stripAccents
        let vocabulary = try Vocabulary(lines: Vocabulary.specialTokens + pieces)
        #expect(UnknownTokens(5, of: 100).warning(vocabulary, settings) == nil)
        return try #require(UnknownTokens(6, of: 100).warning(vocabulary, settings))
    }

    private static let plain = ["the", "cat", "##s"]
    private static let cased = ["The", "cat", "café", "##s"]
    private static let accented = ["für", "straße", "über", "##ung"]

    @Test func casingIsTold() throws {
        #expect(try warning(Self.plain, lowercase: false).contains("omit --cased"))
        #expect(try warning(Self.cased, lowercase: true).contains("pass --cased"))
    }

    @Test func accentsAreTold() throws {
        let kept = try warning(Self.plain, lowercase: true, stripAccents: false)
        #expect(kept.contains("omit --no-strip-accents"), "\(kept)")
        let stripped = try warning(Self.accented, lowercase: true)
        #expect(stripped.contains("2 of the 4 pieces"), "\(stripped)")
        #expect(stripped.contains("pass --no-strip-accents"), "\(stripped)")
        let right = try warning(Self.accented, lowercase: true, stripAccents: false)
        #expect(right.contains("another language or script"), "\(right)")
    }

    @Test func scriptsAreNamed() throws {
        let latin = try warning(Self.plain, lowercase: true)
        #expect(latin.contains("(its pieces are 100 % LATIN)"), "\(latin)")
        let mixed = try warning(["中", "文", "字", "a"], lowercase: true)
        #expect(mixed.contains("(its pieces are 75 % CJK, 25 % LATIN)"), "\(mixed)")
        #expect(mixed.contains("bert vocab train"))
        let none = try warning(["1", "##2"], lowercase: true)
        #expect(!none.contains("its pieces"), "\(none)")
    }
}

import Testing
import Tokenization

@Suite struct WordPieceTests {
    private func tokenizer(
        _ pieces: [String], lowercase: Bool = true, recognizesSpecialTokens: Bool = true
    ) throws -> WordPieceTokenizer {
        WordPieceTokenizer(
            vocabulary: try Vocabulary(lines: Vocabulary.specialTokens + pieces),
            lowercase: lowercase, recognizesSpecialTokens: recognizesSpecialTokens)
    }

    private func golden(lowercase: Bool) throws -> WordPieceTokenizer {
        WordPieceTokenizer(
            vocabulary: try Vocabulary(utf8: TokenizationTests.golden("vocab.txt")),
            lowercase: lowercase)
    }

    @Test func longestPieceFirst() throws {
        let tokenizer = try tokenizer(["un", "una", "##aff", "##able", "##ff", "##f", "##b", "!"])
        #expect(
            tokenizer.tokens(for: "unaffable UNAFF!") == [
                "una", "##ff", "##able", "una", "##ff", "!",
            ])
        #expect(tokenizer.tokens(for: "unaffx") == ["[UNK]"])
        #expect(tokenizer.tokens(for: "unb una") == ["un", "##b", "una"])
        #expect(tokenizer.encode("").isEmpty)
        #expect(tokenizer.encode(" \t\r\n\u{3000}\0\u{200B}").isEmpty)
    }

    @Test func specialTokensInTextAreOptional() throws {
        let pieces = ["[", "]", "mask", "a", "##a"]
        let text = "a[MASK]a [mask]"
        #expect(
            try tokenizer(pieces).tokens(for: text) == ["a", "[MASK]", "a", "[", "mask", "]"])
        #expect(
            try tokenizer(pieces, recognizesSpecialTokens: false).tokens(for: text)
                == ["a", "[", "mask", "]", "a", "[", "mask", "]"])
    }

    /// Words around the sizes that the cache and the scanner treat specially, at the very end of
    /// their memory and before more text.
    @Test func wordsOfEverySize() throws {
        let tokenizer = try tokenizer(["a", "##a", "b", "."])
        let encoder = WordPieceEncoder(tokenizer)
        for _ in 0..<2 {
            for length in 1...101 {
                for tail in ["", ".", " b", "\u{E9}", " b b b b b b b b b b"] {
                    let text = String(repeating: "a", count: length) + tail
                    let expected: [String] =
                        switch tail {
                        case "\u{E9}": ["[UNK]"]
                        case _ where length > 100: ["[UNK]"]
                        default: ["a"] + Array(repeating: "##a", count: length - 1)
                        }
                    let rest = tail.filter { $0 != " " && $0 != "\u{E9}" }.map(String.init)
                    var ids: [Int32] = []
                    encoder.encode(Array(text.utf8), into: &ids)
                    #expect(ids.map(tokenizer.vocabulary.token) == expected + rest)
                }
            }
        }
    }

    /// A cache used for many words must behave like an empty one.
    @Test(arguments: [true, false]) func cacheChangesNothing(lowercase: Bool) throws {
        let tokenizer = try golden(lowercase: lowercase)
        let old = WordPieceEncoder(tokenizer)
        var generator = SeededGenerator(state: 7)
        let letters = Array("abcdefghijklmnopqrstuvwxyzé".utf8)
        var ids: [Int32] = []
        for _ in 0..<300_000 {
            let word = (0..<Int.random(in: 1...16, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? 0
            }
            ids.removeAll(keepingCapacity: true)
            old.encode(word, into: &ids)
            #expect(ids.count <= word.count)
        }
        for _ in 0..<200 {
            let text = randomText(&generator, words: 20)
            var (a, b): ([Int32], [Int32]) = ([], [])
            old.encode(text, into: &a)
            WordPieceEncoder(tokenizer).encode(text, into: &b)
            #expect(a == b)
        }
    }

    @Test(arguments: [true, false]) func cutsAtSpacesChangeNothing(lowercase: Bool) throws {
        let encoder = WordPieceEncoder(try golden(lowercase: lowercase))
        var generator = SeededGenerator(state: 11)
        for _ in 0..<300 {
            let text = randomText(&generator, words: 30)
            var (whole, parts): ([Int32], [Int32]) = ([], [])
            encoder.encode(text, into: &whole)
            for part in text.split(separator: 0x20) { encoder.encode(Array(part), into: &parts) }
            #expect(whole == parts)
        }
    }

    @Test func threadsShareATokenizer() async throws {
        let tokenizer = try golden(lowercase: true)
        var generator = SeededGenerator(state: 3)
        let text = randomText(&generator, words: 2000)
        let expected = tokenizer.encode(String(decoding: text, as: UTF8.self))
        await withTaskGroup(of: [Int32].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var ids: [Int32] = []
                    WordPieceEncoder(tokenizer).encode(text, into: &ids)
                    return ids
                }
            }
            for await ids in group { #expect(ids == expected) }
        }
    }

    @Test func aMegabyteWithoutASpace() throws {
        let tokenizer = try golden(lowercase: true)
        var ids: [Int32] = []
        let encoder = WordPieceEncoder(tokenizer)
        encoder.encode([UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20), into: &ids)
        #expect(ids == [tokenizer.vocabulary.unkID])
        ids.removeAll()
        let inequality = Array("≠".utf8)
        encoder.encode((0..<1 << 18).flatMap { _ in inequality }, into: &ids)
        #expect(ids.count == 1 << 18)
        #expect(Set(ids) == [try #require(tokenizer.vocabulary.id(of: "="))])
        ids.removeAll()
        encoder.encode((0..<1 << 18).flatMap { _ in [0xEA, 0xB0, 0x81] as [UInt8] }, into: &ids)
        #expect(ids == [tokenizer.vocabulary.unkID])
    }
}

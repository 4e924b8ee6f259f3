import Glibc
import TemporaryDirectories
import Testing
import Tokenization

@Suite struct WordPieceTrainerTests {
    /// Words over few letters, so that pairs often overlap and are equally frequent.
    private static func text(seed: UInt64, lines: Int) -> [UInt8] {
        var generator = SeededGenerator(state: seed)
        var text: [UInt8] = []
        for _ in 0..<lines {
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                for _ in 0..<Int.random(in: 1...9, using: &generator) {
                    text.append(UInt8(ascii: "a") + UInt8.random(in: 0...3, using: &generator))
                }
                text.append(UInt8(ascii: " "))
            }
            text += randomText(&generator, words: 2)
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private static func options(_ size: Int) -> WordPieceTrainer.Options {
        var options = WordPieceTrainer.Options(size: size)
        options.unusedTokens = 3
        options.replacesInvalid = true
        return options
    }

    private func train(
        _ texts: [[UInt8]], _ options: WordPieceTrainer.Options, workers: Int = 2,
        rangeBytes: Int = 1 << 22
    ) throws -> WordPieceTrainer.Result {
        let directory = TemporaryDirectory()
        let paths = try texts.enumerated().map { try directory.write("\($0)", $1) }
        return try WordPieceTrainer(options).train(
            files: paths, workers: workers, rangeBytes: rangeBytes)
    }

    @Test func workersAndFilesChangeNothing() throws {
        var texts = (0..<7).map { Self.text(seed: $0, lines: 40 * Int($0)) }
        let expected = try train(texts, Self.options(400), workers: 1)
        #expect(expected.vocabulary.count == 400)
        var generator = SeededGenerator(state: 99)
        for workers in [1, 2, 3, 5] {
            for rangeBytes in [1 << 22, 1000, 37] {
                texts.shuffle(using: &generator)
                let result = try train(
                    texts, Self.options(400), workers: workers, rangeBytes: rangeBytes)
                #expect(result.vocabulary.utf8 == expected.vocabulary.utf8)
                #expect(result.words == expected.words && result.bytes == expected.bytes)
            }
        }
        let whole = try train([Array(texts.joined())], Self.options(400), workers: 3)
        #expect(whole.vocabulary == expected.vocabulary)
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func mergesAreThoseOfTheDefinition(seed: UInt64) throws {
        var options = Self.options(260)
        options.minimumFrequency = 1
        let text = Self.text(seed: seed, lines: 30)
        let result = try train([text], options)
        let made = Array(result.vocabulary.tokens.dropFirst(8))
        let letters = made.prefix { token in
            let scalars = token.unicodeScalars
            return scalars.count == 1
                || scalars.count == 3 && scalars.starts(with: "##".unicodeScalars)
        }
        let tokenizer = WordPieceTokenizer(vocabulary: result.vocabulary, lowercase: true)
        var reference = NaiveTrainer(tokenizer.words(in: text), letters: Array(letters))
        reference.run(upTo: made.count)
        #expect(made == reference.tokens)
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x41, 0], "line 1, byte 0: this is UTF-16"),
            (
                Array("the of\nGru".utf8) + [0xDF, 0x0A],
                "line 2, byte 10: the text is not valid UTF-8"
            ),
            (Array("the of\n a b c d e f g\n h\0i\n".utf8), "line 3, byte 24: a NUL byte"),
            ([0x1F, 0x8B, 0x08, 0x0A, 0xFF], "this is gzip, not text; decompress it first: zcat"),
        ] as [([UInt8], String)])
    func whatIsNotTextIsRefused(text: [UInt8], message: String) throws {
        var options = Self.options(200)
        options.replacesInvalid = false
        for rangeBytes in [1 << 22, 4] {
            let error = #expect(throws: WordPieceTrainerError.self) {
                try train([Array("the of and\n".utf8), text], options, rangeBytes: rangeBytes)
            }
            #expect(error?.description.contains("/1") == true)
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
            #expect(error?.exitCode == 65)
        }
    }

    @Test func specialTokensComeFirst() throws {
        let tokens = try train([Self.text(seed: 1, lines: 50)], Self.options(200)).vocabulary.tokens
        #expect(
            tokens.prefix(9) == [
                "[PAD]", "[unused0]", "[unused1]", "[unused2]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
                "!",
            ])
        let standard = try train(
            [Array("the cat\n".utf8)], WordPieceTrainer.Options(size: 1000))
        #expect(standard.vocabulary.unkID == 100 && standard.vocabulary.maskID == 103)
        #expect(standard.vocabulary.count < 1000)
    }

    @Test func casedAndUncased() throws {
        let text = Array(String(repeating: "Ünder UNDER under\n", count: 50).utf8)
        var options = Self.options(150)
        let uncased = try train([text], options).vocabulary
        #expect(uncased.id(of: "under") != nil && uncased.id(of: "U") == nil)
        options.tokenizer.lowercase = false
        options.size = 180
        let cased = try train([text], options).vocabulary
        #expect(["under", "UNDER", "Ünder"].allSatisfy { cased.id(of: $0) != nil })
    }

    @Test func chineseIsLearnedByCharacter() throws {
        let text = Array(String(repeating: "中文维基百科，自由的百科全书。", count: 20).utf8)
        let result = try train([text], Self.options(200))
        for character in "中文维基百科自由的全书，。" {
            #expect(result.vocabulary.id(of: String(character)) != nil)
            #expect(result.vocabulary.id(of: "##" + String(character)) == nil)
        }
        #expect(result.unknownWords == 0)
        #expect(result.words == 15 * 20)
    }

    @Test func alphabetAndFrequencyHaveLimits() throws {
        let text = Array("zeta zeta éß éß éß ж я я\n".utf8)
        var options = Self.options(300)
        options.tokenizer.lowercase = false
        options.alphabetLimit = 95
        let one = try train([text], options)
        #expect(one.alphabet == 95)
        // Three occurrences of é and ß each: the smaller code point goes first.
        #expect(one.vocabulary.id(of: "ß") != nil && one.vocabulary.id(of: "é") == nil)
        #expect(one.unknownWords == 6)
        options.alphabetLimit = nil
        let automatic = try train([text], options)
        #expect(automatic.vocabulary.id(of: "##я") != nil)
        #expect(automatic.vocabulary.id(of: "ж") == nil, "it occurs once only")
        #expect(automatic.vocabulary.id(of: "zeta") != nil)
        options.minimumFrequency = 3
        let frequent = try train([text], options)
        #expect(frequent.vocabulary.id(of: "zeta") == nil)
        #expect(frequent.vocabulary.id(of: "éß") != nil)
    }

    @Test func wordsTooLongForAPieceAreCountedAsUnknown() throws {
        let long = String(repeating: "x", count: 101)
        let longer = String(repeating: "y", count: 1000)
        let text = Array("the \(long) the \(longer) the\n".utf8)
        let result = try train([text], Self.options(200))
        #expect(result.words == 5 && result.unknownWords == 2)
        #expect(!result.vocabulary.tokens.contains { $0.contains("xx") || $0.contains("yy") })
    }

    @Test func aVocabularyCanTokenizeItsText() throws {
        let text = Self.text(seed: 21, lines: 100)
        let result = try train([text], Self.options(500))
        var ids: [Int32] = []
        let tokenizer = WordPieceTokenizer(
            vocabulary: result.vocabulary, lowercase: true, recognizesSpecialTokens: false)
        WordPieceEncoder(tokenizer).encode(text, into: &ids)
        #expect(ids.filter { $0 == result.vocabulary.unkID }.count == result.unknownWords)
        #expect(ids.filter { !result.vocabulary.isContinuation($0) }.count == result.words)
    }

    private func failure(_ body: () throws -> Void) -> WordPieceTrainerError? {
        #expect(throws: WordPieceTrainerError.self, performing: body)
    }

    @Test func badOptionsAndTextsAreRefused() throws {
        let text = Self.text(seed: 1, lines: 10)
        #expect(failure { _ = try train([], Self.options(500)) } == .noWords)
        #expect(failure { _ = try train([[], [0xFF, 0x0A]], Self.options(500)) } == .noWords)
        let small = failure { _ = try train([text], Self.options(100)) }
        guard case .sizeTooSmall(100, 8, let alphabet) = small else {
            Issue.record("\(String(describing: small))")
            return
        }
        #expect(alphabet > 92)
        var options = Self.options(500)
        options.maximumDistinctWords = 20
        for workers in [1, 3] {
            #expect(
                failure { _ = try train([text, text], options, workers: workers) }
                    == .tooManyDistinctWords(limit: 20))
        }
        options = Self.options(0)
        #expect(
            failure { _ = try WordPieceTrainer(options) }
                == .badOption(name: "size", rule: "must be 1...1000000"))
        let missing = failure {
            _ = try WordPieceTrainer(Self.options(500)).train(files: ["/none/here"], workers: 2)
        }
        #expect(missing?.description == "/none/here: cannot read: No such file or directory")
        let directory = failure {
            _ = try WordPieceTrainer(Self.options(500)).train(files: ["/tmp"], workers: 2)
        }
        #expect(directory?.description == "/tmp: is a directory; name its text files")
    }
}

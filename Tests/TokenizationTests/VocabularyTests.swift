import TemporaryDirectories
import Testing
import Tokenization

@Suite struct VocabularyTests {
    private static let specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

    private func problem(_ text: String) -> VocabularyError.Problem? {
        problem(Array(text.utf8))
    }

    private func problem(_ bytes: [UInt8]) -> VocabularyError.Problem? {
        do throws(VocabularyError) {
            _ = try Vocabulary(utf8: bytes)
            return nil
        } catch { return error.problem }
    }

    @Test func linesAreIds() throws {
        let vocabulary = try Vocabulary(utf8: Array((Self.specials + "a\n##b\n##\né").utf8))
        #expect(vocabulary.count == 9)
        #expect(vocabulary.padID == 0 && vocabulary.unkID == 1 && vocabulary.clsID == 2)
        #expect(vocabulary.sepID == 3 && vocabulary.maskID == 4)
        #expect(vocabulary.tokens.suffix(4) == ["a", "##b", "##", "é"])
        #expect(vocabulary.tokens.map(vocabulary.id(of:)) == (0..<9).map(Int32.init))
        #expect(vocabulary.id(of: "b") == nil && vocabulary.id(of: "") == nil)
        #expect((0..<9).filter(vocabulary.isContinuation) == [6])
        #expect((0..<9).filter(vocabulary.isSpecial) == [0, 1, 2, 3, 4])
    }

    @Test func textGoesRoundWithCarriageReturnsGone() throws {
        let plain = Self.specials + "x\n##y\n"
        let vocabulary = try Vocabulary(utf8: Array(plain.utf8))
        #expect(vocabulary.text == plain)
        #expect(try Vocabulary(utf8: vocabulary.utf8) == vocabulary)
        #expect(try Vocabulary(lines: vocabulary.tokens) == vocabulary)
        let windows = plain.split(separator: "\n").joined(separator: "\r\n")
        #expect(try Vocabulary(utf8: Array(windows.utf8)) == vocabulary)
    }

    @Test func filesAreRead() throws {
        let directory = TemporaryDirectory()
        let path = try directory.write("vocab.txt", Self.specials)
        #expect(try Vocabulary(contentsOf: path).text == Self.specials)
        for missing in [directory.path + "/none", directory.path] {
            let error = #expect(throws: VocabularyError.self) {
                try Vocabulary(contentsOf: missing)
            }
            #expect(error?.source == missing)
            #expect(error?.description.hasPrefix("\(missing): cannot read the vocabulary") == true)
        }
        let broken = try directory.write("broken.txt", Self.specials + "a\nb\na\n")
        let error = #expect(throws: VocabularyError.self) { try Vocabulary(contentsOf: broken) }
        #expect(
            error?.description
                == "\(broken):8: 'a' is already on line 6; every piece has one id")
        let hostile = try directory.write("hostile.txt", Self.specials + "\u{1B}[m\n\u{1B}[m\n")
        let shown = #expect(throws: VocabularyError.self) { try Vocabulary(contentsOf: hostile) }
        #expect(
            shown?.description
                == "\(hostile):7: '\\u{1B}[m' is already on line 6; every piece has one id")
    }

    @Test func composedAndDecomposedLettersDiffer() throws {
        let vocabulary = try Vocabulary(utf8: Array((Self.specials + "é\ne\u{301}\n").utf8))
        #expect(vocabulary.id(of: "é") == 5)
        #expect(vocabulary.id(of: "e\u{301}") == 6)
    }

    /// As `tokenizers` reads it; a piece of white space alone keeps its id and matches nothing.
    @Test func whiteSpaceBehindPiecesIsLeftOut() throws {
        for space in [" ", "\t", "\u{A0}", "\u{3000}", "\u{2009} \r"] {
            let text = Self.specials + "the\(space)\n ##y\(space)\n\u{2028}\n##\u{2028}\nz\(space)"
            let vocabulary = try Vocabulary(utf8: Array(text.utf8))
            #expect(vocabulary.tokens.suffix(5) == ["the", " ##y", "\u{2028}", "##\u{2028}", "z"])
            #expect(try Vocabulary(utf8: vocabulary.utf8) == vocabulary)
        }
        #expect(problem(Self.specials + " \t\na\n") == .emptyLine(line: 6))
        #expect(
            problem(Self.specials + "a\na \n") == .duplicate(token: "a", firstLine: 6, line: 7))
    }

    @Test func aByteOrderMarkIsLeftOut() throws {
        let vocabulary = try Vocabulary(utf8: Array(("\u{FEFF}" + Self.specials).utf8))
        #expect(vocabulary.text == Self.specials)
    }

    @Test(
        arguments: [([0x1F, 0x8B, 8], "gzip"), ([0xFF, 0xFE, 0x5B, 0], "UTF-16")]
            as [([UInt8], String)])
    func otherFormatsAreNamed(bytes: [UInt8], name: String) {
        let error = #expect(throws: VocabularyError.self) { try Vocabulary(utf8: bytes) }
        #expect(
            error?.description
                == "vocabulary: this is \(name), not a vocab.txt; give the file as text in UTF-8")
    }

    @Test func hostileFilesAreRefused() throws {
        let s = Self.specials
        #expect(problem("") == .missingSpecialTokens(Vocabulary.specialTokens))
        #expect(problem("[PAD]\n[UNK]\n[SEP]\n") == .missingSpecialTokens(["[CLS]", "[MASK]"]))
        #expect(problem(s + "a\nb\nb\na\n") == .duplicate(token: "b", firstLine: 7, line: 8))
        #expect(problem(s + "[PAD]\n") == .duplicate(token: "[PAD]", firstLine: 1, line: 6))
        #expect(problem(s + "a\n\nb\n") == .emptyLine(line: 7))
        #expect(problem(s + "\r\n") == .emptyLine(line: 6))
        #expect(problem(Array(s.utf8) + [0x61, 0xFF]) == .notUTF8(line: 6))
        #expect(problem(Array(s.utf8) + [0xED, 0xA0, 0x80, 0x0A]) == .notUTF8(line: 6))
        let long = String(repeating: "x", count: Vocabulary.maximumTokenBytes)
        #expect(problem(s + long) == nil)
        #expect(problem(s + long + "x") == .tokenTooLong(line: 6))
        #expect(problem(s + "a\0b\n") == .notUTF8(line: 6))
        #expect(problem([UInt8](repeating: 0, count: 1 << 24)) == .tooLarge)
        let many = (0...Vocabulary.maximumTokens).map { String($0, radix: 36) }
        #expect(problem(many.joined(separator: "\n")) == .tooManyTokens)
        let error = #expect(throws: VocabularyError.self) { try Vocabulary(lines: ["a\nb"]) }
        #expect(error?.problem == .lineFeed(line: 1))
    }
}

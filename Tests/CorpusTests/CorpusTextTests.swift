import Corpus
import DurableFiles
import TemporaryDirectories
import Testing
import Tokenization

/// Results for text of every kind, and rejected texts.
@Suite struct CorpusTextTests: CorpusBuilding {
    let directory = TemporaryDirectory()

    @Test func longSentencesAndDocumentsAreCut() throws {
        let words = [String](repeating: "otter", count: 1000).joined(separator: " ")
        let input = try directory.write("a.txt", "\(words)\n\(words)\n\nthe end.\n")
        let manifest = try build([input], "sentences") {
            $0.maximumSentenceLength = 300
            $0.heldoutShare = 0
        }
        #expect(manifest.notes.cutSentences == 6 && manifest.train.sentences == 9)
        let documents = try build([input], "documents") {
            $0.documentBytes = 4000
            $0.heldoutShare = 0
        }
        // 5,999 bytes per line: each is cut after a space, and the lines from one another.
        #expect(documents.notes.cutDocuments == 3 && documents.train.documents == 5)
        #expect(documents.train.tokens == manifest.train.tokens)
    }

    @Test func aLineWithoutSpacesIsCutBetweenCharacters() throws {
        let input = try directory.write("a.txt", String(repeating: "水", count: 1000))
        let manifest = try build([input]) {
            $0.documentBytes = 100
            $0.chunkBytes = 64
            $0.heldoutShare = 0
        }
        #expect(manifest.train.tokens == 1000 && manifest.train.documents == 31)
    }

    @Test func textThatIsNotUTF8IsNamedByLineAndByte() throws {
        var bytes = Array(text(documents: 50).utf8)
        let lines = bytes.count { $0 == 0x0A }
        let offset = bytes.count + 4
        bytes += Array("the ".utf8) + [0xC3, 0x28, 0x0A]
        let input = try directory.write("a.txt", bytes)
        let text = errorText { _ = try build([input]) { $0.chunkBytes = 100 } }
        #expect(text?.contains("a.txt, line \(lines + 1), byte \(offset):") == true)
        #expect(text?.contains("--replace-invalid") == true)
        #expect(try Paths.kind(of: directory.file("out")) == .missing)
        let manifest = try build([input]) { $0.replacesInvalid = true }
        #expect(manifest.notes.replacedBytes == 1)
    }

    /// `str.strip` of Python: other programs also end a document here.
    @Test(arguments: [
        "", " \t", "\r", "\u{C}", "\u{1C}\u{1F}", "\u{85}", "\u{A0}", "\u{1680}", "\u{2000}",
        "\u{200A}",
        "\u{2028}", "\u{2029}", "\u{202F}", "\u{205F}", "\u{3000}", " \u{3000}\u{A0}\t",
    ])
    func linesOfWhiteSpaceEndDocuments(line: String) throws {
        for chunkBytes in [16, 1 << 19] {
            let text = "the otter.\na b.\n\(line)\nc d.\n\(line)\n\(line)\n e.\u{3000}\n"
            let input = try directory.write("a.txt", text)
            let manifest = try build([input], "out\(chunkBytes)") {
                $0.heldoutShare = 0
                $0.chunkBytes = chunkBytes
            }
            #expect(manifest.train.documents == 3 && manifest.train.sentences == 4)
        }
    }

    /// Not white space: a zero width space, a soft hyphen, a byte order mark, an adjacent letter.
    @Test(arguments: ["\u{200B}", "\u{AD}", "\u{FEFF}", "\u{3000}a", "\u{2007}.\u{2007}"])
    func linesOfOtherSignsEndNone(line: String) throws {
        let input = try directory.write("a.txt", "the otter.\n\(line)\nc d.\n")
        #expect(try build([input]) { $0.heldoutShare = 0 }.train.documents == 1)
    }

    @Test func unknownTokensAreCounted() throws {
        let input = try directory.write("a.txt", "the otter Ж.\n\nЖ Ж the\n\nЖ Ж the\n")
        let kept = try build([input]) { $0.heldoutShare = 0.5 }
        #expect(kept.notes.unknownTokens == 5)
        let corpus = try CorpusDirectory(path: directory.file("out"))
        #expect(try corpus.verify() == UnknownTokens(5, of: 10))
        let removed = try build([input], "removed") { $0.removesDuplicates = true }
        #expect(removed.notes.unknownTokens == 3)
        let manifest = directory.file("out/manifest.json")
        let text = String(
            decoding: try WholeFiles.read(manifest, maximumByteCount: 1 << 20), as: UTF8.self)
        try directory.write(
            "out/manifest.json",
            text.replacing("\"unknown_tokens\" : 5", with: "\"unknown_tokens\" : 4"))
        #expect(
            errorText { try CorpusDirectory(path: directory.file("out")).verify() }?
                .contains("counts 4 tokens that are [UNK]") == true)
    }

    @Test func carriageReturnsAloneAreRefused() throws {
        let input = try directory.write("a.txt", "the otter.\rA b.\r\rC d.\r")
        let text = errorText { _ = try build([input]) }
        #expect(text?.contains("a.txt") == true && text?.contains("carriage returns") == true)
        let long = try directory.write("b.txt", String(repeating: "the otter.\r", count: 1000))
        #expect(
            errorText { _ = try build([long]) { $0.documentBytes = 1000 } }?
                .contains("carriage returns") == true)
        let mixed = try directory.write("c.txt", "the\rotter.\r\na\rb.\n")
        #expect(try build([mixed], "mixed").train.documents == 1)
    }

    @Test(
        arguments: [
            ([0x1F, 0x8B, 8, 0], "zcat"), (Array("BZh91AY&SY".utf8) + [0xAA], "bzcat"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xzcat"), ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"),
            ([0x50, 0x4B, 3, 4, 0, 0], "unzip -p"), ([0xFF, 0xFE, 0x41, 0], "iconv -f UTF-16 "),
            (Array("A\0B\0C\0D\0\n\0".utf8), "iconv -f UTF-16LE"),
            (Array("\0A\0B\0C\0D".utf8), "iconv -f UTF-16BE"),
            (Array("A b.\nC\0".utf8), "line 2, byte 6: a NUL byte"),
            ([0x41, 0xE9, 0x0A], "line 1, byte 1: the text is not valid UTF-8"),
        ] as [([UInt8], String)])
    func whatIsNotTextIsRefusedWithAdvice(bytes: [UInt8], advice: String) throws {
        let input = try directory.write("a.txt", bytes)
        let text = errorText { _ = try build([input]) }
        #expect(text?.contains("a.txt") == true && text?.contains(advice) == true, "\(text ?? "")")
    }

    @Test func nulBytesAreReplacedOnRequest() throws {
        let input = try directory.write("a.txt", "the\0 otter.\0\n")
        let manifest = try build([input]) { $0.replacesInvalid = true }
        #expect(manifest.notes.replacedBytes == 2 && manifest.train.tokens == 3)
    }

    @Test(arguments: ["", "\n\n\n", " \t\r\n\u{3000}\n"])
    func inputWithoutTextIsRefused(text: String) throws {
        let input = try directory.write("a.txt", text)
        let message = errorText { _ = try build([input]) }
        #expect(message?.contains("no text") == true)
        #expect(try Paths.kind(of: directory.file("out")) == .missing)
    }
}

import Corpus
import Dispatch
import DurableFiles
import Glibc
import HDF5
import TemporaryDirectories
import Testing
import Tokenization

@Suite struct CorpusBuilderTests {
    private let directory = TemporaryDirectory()

    /// Letters and digits as words and as pieces, so that everything can be spelled.
    private static func vocabulary() throws -> Vocabulary {
        let letters = (0x61...0x7A).map { String(UnicodeScalar(UInt8($0))) }
        let words = letters + letters.map { "##\($0)" } + [".", "!", "?", "the", "otter", "。", "水"]
        return try Vocabulary(lines: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words)
    }

    private func options(
        _ change: (inout CorpusBuilder.Options) -> Void = { _ in }
    ) -> CorpusBuilder.Options {
        var options = CorpusBuilder.Options()
        change(&options)
        return options
    }

    private func build(
        _ inputs: [String], _ name: String = "out",
        _ change: (inout CorpusBuilder.Options) -> Void = { _ in }
    ) throws -> CorpusManifest {
        try CorpusBuilder(vocabulary: Self.vocabulary(), options: options(change))
            .build(inputs, output: directory.file(name))
    }

    /// Documents of odd sizes, some of one sentence, with lines of several sentences.
    private func text(documents: Int) -> String {
        var text = "\n\n"
        for document in 0..<documents {
            for line in 0...(document * 7 % 11) {
                text += "the otter number \(document) swims. "
                if line % 3 == 0 { text += "why? because of line \(line)! " }
                text += "\n"
            }
            text += document % 5 == 0 ? "\n \t \r\n" : "\n"
        }
        return text
    }

    @Test func givesTheSameBytesForAnyNumberOfWorkers() throws {
        let first = try directory.write("one.txt", text(documents: 200))
        let second = try directory.write("two.txt", text(documents: 37))
        var builds: [[String: [UInt8]]] = []
        for workers in [1, 2, 3, 5] {
            let manifest = try build([first, second], "out\(workers)") {
                $0.workers = workers
                $0.chunkBytes = 500
                $0.shardTokens = 5000
            }
            #expect(manifest.train.shards > 3 && manifest.heldout.documents > 0)
            // The second file begins like the first one.
            #expect(manifest.notes.duplicateDocuments == 37)
            builds.append(try directory.contents(of: "out\(workers)"))
        }
        for other in builds.dropFirst() { #expect(other == builds[0]) }
    }

    @Test(arguments: [16, 17, 100, 4096, 1 << 20])
    func documentsDoNotDependOnTheSizeOfChunks(chunkBytes: Int) throws {
        let input = try directory.write("one.txt", text(documents: 100))
        let expected = try build([input], "expected") { $0.documentBytes = 300 }
        let found = try build([input], "found") {
            $0.documentBytes = 300
            $0.chunkBytes = chunkBytes
        }
        #expect(expected.notes.cutDocuments > 0)
        #expect(found == expected)
        #expect(try directory.contents(of: "found") == directory.contents(of: "expected"))
    }

    @Test func storesWhatTheTokenizerGives() throws {
        let input = try directory.write("a.txt", "The otter. A b!\nCab?\n\nThe.\n")
        let manifest = try build([input]) { $0.heldoutShare = 0 }
        #expect(manifest.train.documents == 2 && manifest.train.sentences == 4)
        let file = try File.open(directory.file("out/train-00000-of-00001.h5"))
        let vocabulary = try Self.vocabulary()
        let ids = try file.dataset("token_ids").read(as: Int32.self, maximumCount: 100)
        #expect(
            ids.map(vocabulary.token)
                == ["the", "otter", ".", "a", "b", "!", "c", "##a", "##b", "?", "the", "."])
        #expect(
            try file.dataset("sentence_offsets").read(as: Int64.self, maximumCount: 100)
                == [0, 3, 6, 10, 12])
        #expect(
            try file.dataset("document_offsets").read(as: Int64.self, maximumCount: 100)
                == [0, 3, 4])
        #expect(try file.dataset("token_ids").elementType() == .uint16)
    }

    @Test func shardsCanBeMapped() throws {
        let input = try directory.write("a.txt", "The otter.\n\nA b!\n")
        _ = try build([input]) { $0.heldoutShare = 0 }
        let path = directory.file("out/train-00000-of-00001.h5")
        let bytes = try WholeFiles.read(path, maximumByteCount: 1 << 20)
        let tokens = try File.open(path).dataset("token_ids")
        let offset = try #require(try tokens.mappableOffset(of: UInt16.self))
        let ids = try tokens.read(as: UInt16.self, maximumCount: 100)
        #expect(Array(bytes[offset..<offset + 2]) == [UInt8(ids[0] & 255), UInt8(ids[0] >> 8)])
        // As numbers of another type they cannot.
        #expect(try tokens.mappableOffset(of: Int16.self) == nil)
        #expect(try tokens.mappableOffset(of: Int32.self) == nil)
    }

    @Test func samplesAreShownAsText() throws {
        let sample = PretrainingSample(
            identity: SampleIdentity(epoch: 2, index: 7), tokenIDs: [2, 60, 4, 3, 61, 5, 3],
            segmentIDs: [0, 0, 0, 0, 1, 1, 1], maskedPositions: [1, 2, 5],
            maskedLabels: [60, 61, 6], isRandomNext: true, document: 9)
        let text = SampleText(sample, vocabulary: try Self.vocabulary()).description
        #expect(
            text == """
                sample       7 of epoch 2
                document     9
                label        1 (B is from another document)
                tokens       7: A 4, B 3
                predictions  3
                A  [CLS] the(=) [MASK](otter) [SEP]
                B  otter a(b) [SEP]
                """)
    }

    @Test func readsBackWhatItWrote() throws {
        let input = try directory.write("one.txt", text(documents: 60))
        let manifest = try build([input]) { $0.shardTokens = 700 }
        let corpus = try CorpusDirectory(path: directory.file("out"))
        try corpus.verify()
        #expect(corpus.manifest == manifest)
        #expect(corpus.vocabulary == (try Self.vocabulary()))
        for split in CorpusSplit.allCases {
            let source = try CorpusSource(
                [corpus], split: split, settings: SampleSettings(sequenceLength: 32), seed: 1)
            #expect(source.documentCount == manifest[split].documents)
            #expect(try source.samples().count == source.sampleCount(epoch: 0))
        }
        let both = try CorpusSource(
            [corpus, corpus], split: .train, settings: SampleSettings(sequenceLength: 32), seed: 1)
        #expect(both.documentCount == 2 * manifest.train.documents)
    }

    @Test func aVocabularyOfMoreThan16BitsIsStoredAsInt32() throws {
        let words = (0..<70_000).map { "w\($0)" }
        let vocabulary = try Vocabulary(
            lines: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words)
        let input = try directory.write("a.txt", "w69999 w1\nw2\n\nw3\n")
        try CorpusBuilder(vocabulary: vocabulary, options: options { $0.heldoutShare = 0 })
            .build([input], output: directory.file("out"))
        let file = try File.open(directory.file("out/train-00000-of-00001.h5"))
        #expect(try file.dataset("token_ids").elementType() == .int32)
        try CorpusDirectory(path: directory.file("out")).verify()
        #expect(
            try file.dataset("token_ids").read(as: Int32.self, maximumCount: 9).first == 70_004)
    }

    @Test(arguments: [1e-12, 0.05, 0.5, 0.999_999_999_999], [2, 3, 50])
    func bothSplitsHaveADocument(share: Double, documents: Int) throws {
        let input = try directory.write("a.txt", text(documents: documents))
        let manifest = try build([input]) { $0.heldoutShare = share }
        #expect(manifest.train.documents > 0 && manifest.heldout.documents > 0)
        #expect(manifest.train.documents + manifest.heldout.documents == documents)
        if documents == 50 && share != 0.05 && share != 0.5 {
            #expect(min(manifest.train.documents, manifest.heldout.documents) == 1)
        }
    }

    @Test func theSplitFollowsTextAndSeedOnly() throws {
        let parts = text(documents: 400).components(separatedBy: "\n\n")
        let forward = try directory.write("a.txt", parts.joined(separator: "\n\n"))
        let backward = try directory.write("b.txt", parts.reversed().joined(separator: "\n\n"))
        let counts = try [forward, backward].enumerated().map { index, input in
            try build([input], "out\(index)") { $0.heldoutShare = 0.2 }.heldout
        }
        #expect(counts[0] == counts[1])
        #expect(isLikely(counts[0].documents, of: 400, probability: 0.2))
        let other = try build([forward], "other") {
            $0.heldoutShare = 0.2
            $0.seed = 5
        }
        #expect(other.heldout != counts[0])
    }

    @Test(
        "equal texts are on one side, also where one side would be empty", arguments: [1e-12, 0.5])
    func equalTextsStayTogether(share: Double) throws {
        for (index, text) in ["a b.\n\na b.\n", "a b.\n\nc.\n\na b.\n\nc.\n\nc.\n"].enumerated() {
            let input = try directory.write("\(index).txt", text)
            let manifest = try build([input], "out\(index)") { $0.heldoutShare = share }
            let counts = [manifest.train.documents, manifest.heldout.documents]
            if index == 0 {
                #expect(counts == [2, 0], "one text has no other side")
            } else {
                #expect(counts.sorted() == [2, 3])
            }
        }
    }

    @Test func duplicatesAreCountedAndLeftOutOnRequest() throws {
        let input = try directory.write("a.txt", "a b.\nc.\n\nd.\n\na b. \nc.\n\nd.\n\nd.\n")
        let kept = try build([input], "kept")
        #expect(kept.notes.duplicateDocuments == 3)
        #expect(kept.train.documents + kept.heldout.documents == 5)
        let removed = try build([input], "removed") { $0.removesDuplicates = true }
        #expect(removed.notes.duplicateDocuments == 3)
        #expect(removed.train.documents + removed.heldout.documents == 2)
    }

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
        // 5,999 bytes a line: each is cut behind a space, and the lines from one another.
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

    /// `str.strip` of Python: other programs see the end of a document, too.
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

    /// No white space: a zero width space, a soft hyphen, a byte order mark, a letter beside.
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

    @Test func nothingIsOverwritten() throws {
        let input = try directory.write("a.txt", "a.\n\nb.\n")
        _ = try build([input])
        let before = try directory.contents(of: "out")
        let message = errorText { _ = try build([input]) }
        #expect(message?.contains("exists already") == true)
        #expect(try directory.contents(of: "out") == before)
    }

    @Test func inputsThatCannotBeReadAreNamed() throws {
        let input = try directory.write("a.txt", "a.\n\nb.\n")
        let missing = errorText { _ = try build([input, directory.file("none.txt")]) }
        #expect(missing?.contains("none.txt") == true)
        let folder = errorText { _ = try build([input, directory.path]) }
        #expect(folder?.contains("is a directory") == true)
        #expect(try Paths.names(in: directory.path) == ["a.txt"])
    }

    @Test func pipesAreReadLikeFiles() throws {
        let text = text(documents: 30)
        let input = try directory.write("a.txt", text)
        let expected = try build([input], "expected")
        let pipe = directory.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        DispatchQueue.global().async {
            guard let stream = fopen(pipe, "w") else { return }
            // In small pieces, so that reads come back short.
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                fputs(line + "\n", stream)
                fflush(stream)
            }
            fclose(stream)
        }
        #expect(try build([pipe], "found") == expected)
        #expect(try directory.contents(of: "found") == directory.contents(of: "expected"))
    }

    @Test func optionsThatMakeNoSenseAreRefused() {
        let changes: [(inout CorpusBuilder.Options) -> Void] = [
            { $0.heldoutShare = 1 }, { $0.heldoutShare = -0.1 }, { $0.heldoutShare = .nan },
            { $0.workers = 0 }, { $0.maximumSentenceLength = 0 },
            { $0.maximumSentenceLength = 1 << 20 }, { $0.shardTokens = 0 },
            { $0.documentBytes = 0 },
        ]
        for change in changes {
            #expect(throws: CorpusError.self) {
                try CorpusBuilder(vocabulary: Self.vocabulary(), options: options(change))
            }
        }
    }

    @Test func aFullDiskIsReportedAndLeavesNothing() async throws {
        // A limit on the size of files fails like a full disk, at the write.
        await #expect(processExitsWith: .success) {
            let directory = TemporaryDirectory()
            let words = [String](repeating: "otter", count: 300_000).joined(separator: " ")
            let input = try directory.write("a.txt", words)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            setrlimit(__rlimit_resource_t(1), &limit)
            let vocabulary = try CorpusBuilderTests.vocabulary()
            let builder = try CorpusBuilder(
                vocabulary: vocabulary, options: CorpusBuilder.Options())
            let text = errorText {
                try builder.build([input], output: directory.file("out"))
            }
            let names = try Paths.names(in: directory.path)
            let isReported = text?.contains("is the disk full?") == true
            exit(isReported && names == ["a.txt"] ? 0 : 1)
        }
    }
}

extension String {
    /// The parts between `separator`.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: true).map(String.init)
    }
}

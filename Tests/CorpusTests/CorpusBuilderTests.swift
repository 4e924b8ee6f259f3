import Corpus
import Dispatch
import DurableFiles
import Glibc
import HDF5
import Samples
import TemporaryDirectories
import Testing
import Tokenization

/// Inputs of a corpus build, and contents of the directory.
@Suite struct CorpusBuilderTests: CorpusBuilding {
    let directory = TemporaryDirectory()

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
        // They cannot be mapped as numbers of another type.
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
            let vocabulary = try Self.vocabulary()
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

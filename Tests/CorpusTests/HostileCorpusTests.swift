import Corpus
import DurableFiles
import Glibc
import HDF5
import TemporaryDirectories
import Testing
import Tokenization

/// Damaged and malicious corpus directories.
@Suite struct HostileCorpusTests {
    private let directory = TemporaryDirectory()
    private static let shard = "corpus/train-00000-of-00001.h5"

    init() throws {
        let words = (0x61...0x7A).map { String(UnicodeScalar(UInt8($0))) }
        let vocabulary = try Vocabulary(
            lines: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words)
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0.3
        let text = (0..<40).map { "a b c d e.\nf g h \($0).\n\n" }.joined()
        let input = try directory.write("a.txt", text)
        try CorpusBuilder(vocabulary: vocabulary, options: options)
            .build([input], output: directory.file("corpus"))
    }

    /// Opens the training documents and reads all samples.
    private func read() throws {
        let corpus = try CorpusDirectory(path: directory.file("corpus"))
        let source = try CorpusSource(
            [corpus], split: .train, settings: SampleSettings(sequenceLength: 16), seed: 1)
        _ = try source.samples()
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        try WholeFiles.read(directory.file(name), maximumByteCount: 1 << 20)
    }

    private func offsets(_ name: String) throws -> [Int64] {
        try File.open(directory.file(Self.shard)).dataset(name).read(maximumCount: 1000)
    }

    /// Makes the manifest match the current files, without checksums of blocks, because an attacker
    /// also makes the manifest.
    private func seal() throws {
        let corpus = directory.file("corpus")
        var metadata = try CorpusDirectory(path: corpus).manifest
        metadata.checksums = nil
        let manifest = try Manifest.describing(corpus, formatVersion: 1, metadata: metadata)
        try directory.write("corpus/manifest.json", manifest.json())
    }

    /// Rewrites the training shard.
    private func writeShard(
        tokens: [UInt16], sentences: [Int64], documents: [Int64],
        layout: DatasetLayout = .contiguous
    ) throws {
        let path = directory.file(Self.shard)
        try File.create(path, overwrite: true) { file in
            try file.writeDataset("token_ids", shape: [tokens.count], layout: layout, tokens.span)
            try file.writeDataset("sentence_offsets", shape: [sentences.count], sentences.span)
            try file.writeDataset("document_offsets", shape: [documents.count], documents.span)
        }
        try seal()
    }

    @Test func anUntouchedOneIsGood() throws {
        try read()
        try CorpusDirectory(path: directory.file("corpus")).verify()
    }

    @Test func truncatedShardsAreErrors() throws {
        let whole = try bytes(Self.shard)
        for length in stride(from: 0, to: whole.count, by: 97) + [whole.count - 1] {
            try directory.write(Self.shard, whole[..<length])
            let text = errorText(read)
            #expect(text?.contains("train-00000-of-00001.h5") == true, "\(length): \(text ?? "")")
        }
    }

    @Test func everyChangedByteIsFoundByVerify() throws {
        for name in try Paths.names(in: directory.file("corpus")) where name != "manifest.json" {
            let whole = try bytes("corpus/\(name)")
            for position in stride(from: 0, to: whole.count, by: 331) {
                var changed = whole
                changed[position] ^= 0x10
                try directory.write("corpus/\(name)", changed)
                let text = errorText {
                    try CorpusDirectory(path: directory.file("corpus")).verify()
                }
                #expect(text?.contains(name) == true)
            }
            try directory.write("corpus/\(name)", whole)
        }
    }

    @Test func changedBytesOfAShardNeverCrashAReader() throws {
        let whole = try bytes(Self.shard)
        for position in stride(from: 0, to: whole.count, by: 13) {
            for change: UInt8 in [0xFF, 0x01, 0x80] {
                var changed = whole
                changed[position] ^= change
                try directory.write(Self.shard, changed)
                try seal()
                _ = errorText(read)
            }
        }
    }

    @Test(
        arguments: [
            ([0, 2, 2, 4], [0, 1, 3]), ([0, 3, 2, 4], [0, 1, 3]), ([1, 2, 3, 4], [0, 1, 3]),
            ([0, 1, 2, 5], [0, 1, 3]), ([0, 1, 2, 3], [0, 1, 3]), ([], [0]), ([0, 1, 2, 4], []),
            ([0, 1, 2, 4], [0, 2]), ([0, 1, 2, 4], [0, 4]), ([0, 1, 2, 4], [0, 3, 1, 3]),
            ([0, 1, 2, .max], [0, 1, 3]), ([0, -1, 2, 4], [0, 1, 3]),
            ([0, .min, .max, 4], [0, 1, 3]),
            ([0, 1, 2, 4], [0, .max]),
        ] as [([Int64], [Int64])])
    func offsetsThatDoNotRiseAreErrors(sentences: [Int64], documents: [Int64]) throws {
        try writeShard(tokens: [5, 6, 7, 8], sentences: sentences, documents: documents)
        let text = errorText(read)
        #expect(text?.contains("_offsets") == true, "\(text ?? "")")
        #expect(text?.contains("train-00000-of-00001.h5") == true)
    }

    @Test func idsAboveTheVocabularyAreNamedWhereTheyStand() throws {
        let counts = try CorpusDirectory(path: directory.file("corpus")).manifest.train
        var tokens = [UInt16](repeating: 9, count: counts.tokens)
        tokens[77] = 40_000
        let sentences = try offsets("sentence_offsets")
        let documents = try offsets("document_offsets")
        for layout in [DatasetLayout.contiguous, .chunked([64], gzip: 6)] {
            try writeShard(
                tokens: tokens, sentences: sentences, documents: documents, layout: layout)
            let text = errorText(read)
            #expect(text?.contains("token_ids[77] is 40000") == true)
            #expect(text?.contains("train-00000-of-00001.h5") == true)
        }
        // A compressed shard is also read, but not mapped.
        tokens[77] = 9
        try writeShard(
            tokens: tokens, sentences: sentences, documents: documents,
            layout: .chunked([64], gzip: 6))
        try read()
    }

    /// Datasets that claim more than the file contains must not cause an allocation.
    @Test(arguments: [1 << 20, 1 << 31, 1 << 40, 1 << 58])
    func shardsThatLieAboutTheirSizeAreErrors(count: Int) throws {
        for name in ["token_ids", "sentence_offsets", "document_offsets"] {
            try File.create(directory.file(Self.shard), overwrite: true) { file in
                for other in ["token_ids", "sentence_offsets", "document_offsets"] {
                    let type: ElementType = other == "token_ids" ? .uint16 : .int64
                    // Nothing is written, so the file stays small.
                    _ = try file.createDataset(other, of: type, shape: [other == name ? count : 2])
                }
            }
            try seal()
            #expect(errorText(read)?.contains("train-00000-of-00001.h5") == true)
        }
    }

    @Test func missingAndForeignFilesAreNamed() throws {
        try Paths.remove(directory.file(Self.shard))
        #expect(errorText(read)?.contains("train-00000-of-00001.h5") == true)
        try directory.write(Self.shard, "not HDF5 at all")
        #expect(errorText(read)?.contains("train-00000-of-00001.h5") == true)
        try File.create(directory.file(Self.shard), overwrite: true) { file in
            try file.writeDataset("token_ids", shape: [1], [Float(1)].span)
        }
        try seal()
        #expect(errorText(read)?.contains("float32") == true)
        #expect(
            errorText { _ = try CorpusDirectory(path: directory.file("none")) }?
                .contains("none") == true)
    }

    @Test func aManifestThatLiesIsAnError() throws {
        let manifest = String(decoding: try bytes("corpus/manifest.json"), as: UTF8.self)
        let documents = try CorpusDirectory(path: directory.file("corpus")).manifest.train.documents
        for (old, new) in [
            ("\"kind\" : \"bert-corpus\"", "\"kind\" : \"checkpoint\""),
            ("\"documents\" : \(documents)", "\"documents\" : \(documents + 1)"),
            ("\"shards\" : 1", "\"shards\" : 2"), ("\"shards\" : 1", "\"shards\" : -1"),
            ("\"shards\" : 1", "\"shards\" : 9000000000000000000"),
            ("train-00000-of-00001.h5", "../../../etc/passwd"),
            ("\"vocabulary_size\" : 31", "\"vocabulary_size\" : 30"),
            ("\"format_version\" : 1", "\"format_version\" : 99"), ("{", ""),
        ] {
            #expect(manifest.contains(old))
            try directory.write("corpus/manifest.json", manifest.replacing(old, with: new))
            #expect(errorText(read) != nil, "\(new)")
        }
    }

    @Test func anotherVocabularyIsAnError() throws {
        let text = String(decoding: try bytes("corpus/vocab.txt"), as: UTF8.self)
        for (old, new) in [("a\nb\n", "b\na\n"), ("\nz\n", "\n")] {
            try directory.write("corpus/vocab.txt", text.replacing(old, with: new))
            #expect(errorText(read)?.contains("not the vocabulary") == true)
        }
    }
}

import Corpus
import DurableFiles
import Glibc
import TemporaryDirectories
import Testing
import Tokenization

/// Shards that were damaged or changed since they were built.
@Suite struct ShardChecksumTests {
    private let directory = TemporaryDirectory()
    private static let shard = "corpus/train-00000-of-00001.h5"

    init() throws {
        let words = (0x61...0x7A).map { String(UnicodeScalar(UInt8($0))) }
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0.3
        let text = (0..<40).map { "a b c d e.\nf g h \($0).\n\n" }.joined()
        let input = try directory.write("a.txt", text)
        try CorpusBuilder(
            vocabulary: Vocabulary(lines: Vocabulary.specialTokens + words), options: options
        )
        .build([input], output: directory.file("corpus"))
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        try WholeFiles.read(directory.file(name), maximumByteCount: 1 << 20)
    }

    private func source() throws -> CorpusSource {
        try CorpusSource(
            [CorpusDirectory(path: directory.file("corpus"))], split: .train,
            settings: SampleSettings(sequenceLength: 16), seed: 1)
    }

    /// Converts the corpus to one of an earlier version, whose manifest has no checksums.
    private func removeChecksums() throws {
        var text = String(decoding: try bytes("corpus/manifest.json"), as: UTF8.self)
        let start = try #require(text.firstRange(of: "    \"checksums\" : {")).lowerBound
        let end = try #require(text[start...].firstRange(of: "\n    },\n")).upperBound
        text.removeSubrange(start..<end)
        text.replace(/,\n *"unknown_tokens" : [0-9]+/, with: "")
        try directory.write("corpus/manifest.json", text)
    }

    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
            ("The quick brown fox jumps over the lazy dog", 0x0B24_2D36_1FDA_71BC),
        ] as [(String, UInt64)])
    func hashesAreThoseOfXXH64(text: String, hash: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { XXH64.hash($0) } == hash)
    }

    @Test(
        "reading finds every changed byte, in corpora of earlier versions, too",
        arguments: [false, true])
    func everyChangedByteIsFound(isEarlier: Bool) throws {
        if isEarlier { try removeChecksums() }
        _ = try source().samples()
        let whole = try bytes(Self.shard)
        for position in stride(from: 0, to: whole.count, by: 331) {
            var changed = whole
            changed[position] ^= 1
            try directory.write(Self.shard, changed)
            let text = errorText { _ = try source().samples() }
            #expect(text?.contains("train-00000-of-00001.h5") == true, "\(position)")
        }
    }

    /// Other valid ids: only the checksums can detect them.
    @Test(arguments: [false, true])
    func otherIdsAreNamedWithAdvice(isEarlier: Bool) throws {
        if isEarlier { try removeChecksums() }
        var changed = try bytes(Self.shard)
        let place = try #require(changed.firstRange(of: [5, 0, 6, 0, 7, 0])).lowerBound
        changed[place] = 6
        try directory.write(Self.shard, changed)
        let text = errorText { _ = try source().samples() }
        for part in ["train-00000-of-00001.h5", "checksum", "bert corpus verify", "build it anew"] {
            #expect(text?.contains(part) == true, "\(text ?? "")")
        }
    }

    @Test("shards with one hash can be verified before, by anybody, and then cost nothing")
    func wholeShards() throws {
        #expect(try source().unverifiedWholeShards.isEmpty)
        try removeChecksums()
        let source = try source()
        let shard = try #require(source.unverifiedWholeShards.first)
        #expect(source.unverifiedWholeShards.count == 1)
        #expect(shard.path == directory.file(Self.shard))
        var pieces = 0
        #expect(
            try shard.verify {
                pieces += 1; return true
            })
        #expect(pieces == 1)
        #expect(try !shard.verify { false })
        #expect(source.unverifiedWholeShards.count == 1)
        shard.trust()
        #expect(source.unverifiedWholeShards.isEmpty)
        // A later change is not detected, because nothing is hashed again.
        var changed = try bytes(Self.shard)
        let place = try #require(changed.firstRange(of: [5, 0, 6, 0, 7, 0])).lowerBound
        changed[place] = 6
        let file = open(shard.path, O_WRONLY)
        #expect(pwrite(file, changed, changed.count, 0) == changed.count)
        close(file)
        _ = try source.samples()
        #expect(errorText { _ = try shard.verify { true } }?.contains("checksum") == true)
    }

    @Test func anotherSizeIsAnErrorAtOnce() throws {
        try directory.write(Self.shard, bytes(Self.shard) + [0])
        #expect(errorText { _ = try source() }?.contains("instead of") == true)
    }

    @Test func threadsMayReadTheSameAtOnce() async throws {
        let source = try source()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { _ = try source.samples() } }
            try await group.waitForAll()
        }
    }

    /// Runs started by earlier versions identify their corpus by this digest.
    @Test func manifestsOfEarlierVersionsKeepTheirDigest() throws {
        try removeChecksums()
        let digest = SHA256.digest(of: try bytes("corpus/manifest.json")).description
        #expect(try CorpusDirectory(path: directory.file("corpus")).digest == digest)
    }

    @Test func checksumsThatDoNotFitAreAnError() throws {
        let manifest = String(decoding: try bytes("corpus/manifest.json"), as: UTF8.self)
        for (old, new) in [
            ("\"xxh64\"", "\"crc\""), ("\"block_bytes\" : 1048576", "\"block_bytes\" : 512"),
            ("\"block_bytes\" : 1048576", "\"block_bytes\" : 0"),
            ("\"train-00000-of-00001.h5\" : \"", "\"train-00000-of-00001.h5\" : \"0"),
            ("\"train-00000-of-00001.h5\" : \"", "\"other\" : \""),
        ] {
            #expect(manifest.contains(old))
            try directory.write("corpus/manifest.json", manifest.replacing(old, with: new))
            #expect(errorText { _ = try source() }?.contains("checksums") == true, "\(new)")
        }
    }

    /// A size near the largest integer, which adding the sizes of the other files does not
    /// overflow.
    @Test func absurdSizesAreAnError() throws {
        let manifest = String(decoding: try bytes("corpus/manifest.json"), as: UTF8.self)
        let text = manifest.replacing(
            /"bytes" : [0-9]+(,\s*"path" : "train-)/,
            with: { "\"bytes\" : 9223372036853775807\($0.1)" })
        #expect(text != manifest)
        try directory.write("corpus/manifest.json", text)
        #expect(errorText { _ = try source() }?.contains("checksums") == true)
    }
}

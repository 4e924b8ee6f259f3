import Corpus
import DurableFiles
import Glibc
import HDF5
import TemporaryDirectories
import Testing

/// Damaged, incomplete or mismatched data is rejected once, with the file.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct BadDataTests {
    @Test("a shard that the manifest names but is not there")
    func missingShard() throws {
        let (run, corpus) = try Self.runOnCopy()
        let shard = try #require(try Paths.names(in: corpus).first { $0.hasSuffix(".h5") })
        try Paths.remove(Paths.join(corpus, shard))
        try expectRefusal(run, 66, [shard, "manifest.json lists it"])
    }

    @Test("a truncated and a corrupted shard")
    func damagedShard() throws {
        let (run, corpus) = try Self.runOnCopy()
        let shard = try #require(try Paths.names(in: corpus).first { $0.hasSuffix(".h5") })
        let path = Paths.join(corpus, shard)
        let bytes = try fileBytes(path)
        try WholeFiles.writeAtomically(path, Array(bytes.dropLast(bytes.count / 3)))
        try expectRefusal(run, 65, [shard])
        try WholeFiles.writeAtomically(path, [UInt8](repeating: 7, count: bytes.count))
        try expectRefusal(run, 65, [shard])
    }

    @Test("a token id of a shard that the vocabulary does not have")
    func largeTokenID() throws {
        let (run, corpus) = try Self.runOnCopy()
        let shard = try #require(try Paths.names(in: corpus).first { $0.contains("train") })
        try Self.replaceTokens(of: Paths.join(corpus, shard)) { $0 & 0xff | 0x4000 }
        // The author of such a corpus also makes its manifest.
        var metadata = try CorpusDirectory(path: corpus).manifest
        metadata.checksums = nil
        let manifest = try Manifest.describing(corpus, formatVersion: 1, metadata: metadata)
        try WholeFiles.writeAtomically(Paths.join(corpus, "manifest.json"), manifest.json())
        for ranks in [1, 3] {
            let outcome = try run.train(ranks: ranks)
            try outcome.require(65)
            expectOnce([shard], outcome)
        }
    }

    @Test("changed ids in a corpus, for a resumed run and for a new one")
    func changedTokens() throws {
        let (run, corpus) = try Self.runOnCopy()
        try run.finish(["--set", "checkpoint.every_steps=2"])
        let shards = try Paths.names(in: corpus).filter { $0.hasPrefix("train") }
        for shard in shards { try Self.replaceTokens(of: Paths.join(corpus, shard)) { $0 ^ 1 } }
        try run.removeCheckpoint(3)
        for again in [true, false] {
            if !again { try Paths.remove(run.directory + "/checkpoints") }
            for ranks in [1, 3] {
                let outcome = try run.train(ranks: ranks)
                try outcome.require(65)
                expectOnce(["train-", "checksum", "bert corpus verify"], outcome)
            }
        }
    }

    @Test("NVIDIA's rows of another width than the configuration, and other rows on going on")
    func otherNvidiaRows() throws {
        let scratch = TemporaryDirectory()
        var rows = NvidiaRows(rows: 30, length: 16, vocabularySize: 200)
        try rows.write(scratch.file("rows.hdf5"))
        let run = try Self.nvidiaRun(scratch.file("rows.hdf5"))
        let outcome = try run.finish(["--set", "data.sequence_length=32"])
        let text = outcome.output + outcome.errors
        #expect(text.contains("rows of NVIDIA's files have up to 16 tokens"), "\(text)")
        rows.ids[11][3] = 7
        try Paths.remove(scratch.file("rows.hdf5"))
        try rows.write(scratch.file("rows.hdf5"))
        try expectRefusal(
            run, 78, ["the training data are others"], ["--set", "data.sequence_length=32"])
    }

    @Test("a token id of NVIDIA's file that the model does not have")
    func largeNvidiaID() throws {
        let scratch = TemporaryDirectory()
        var rows = NvidiaRows(rows: 30, length: 16, vocabularySize: 200)
        rows.ids[17][3] = 4000
        try rows.write(scratch.file("rows.hdf5"))
        try expectRefusal(
            Self.nvidiaRun(scratch.file("rows.hdf5")), 65, ["rows.hdf5", "4000", "17"])
    }

    @Test("a truncated and a corrupted file of NVIDIA's")
    func damagedNvidia() throws {
        let scratch = TemporaryDirectory()
        let path = scratch.file("rows.hdf5")
        let rows = NvidiaRows(rows: 30, length: 16, vocabularySize: 200)
        try rows.write(path)
        let run = try Self.nvidiaRun(path)
        try run.finish(ranks: 3)
        try Paths.remove(run.directory)
        let bytes = try fileBytes(path)
        try WholeFiles.writeAtomically(path, Array(bytes.dropLast(bytes.count / 2)))
        try expectRefusal(run, 65, ["rows.hdf5"])
        try WholeFiles.writeAtomically(path, [UInt8](repeating: 0, count: 1000))
        try expectRefusal(run, 65, ["rows.hdf5"])
    }

    /// A run on a copy of the corpus, which may be damaged.
    private static func runOnCopy() throws -> (Run, corpus: String) {
        let original = try TinyCorpus.path()
        var run = try Run.tiny(steps: 3)
        let copy = run.path("../corpus")
        try copyDirectory(original, to: copy)
        run.configuration = run.configuration.replacing(original, with: copy)
        return (run, copy)
    }

    private static func nvidiaRun(_ path: String) throws -> Run {
        let vocabulary = try TinyCorpus.path() + "/vocab.txt"
        return Run(
            """
            run: {name: nvidia}
            model: {\(Run.tinyModel), vocabulary: "\(vocabulary)"}
            data: {train: ["\(path)"], format: nvidia_hdf5, sequence_length: 16}
            masking: {max_predictions: 4}
            batch: {global: 12, micro: 4}
            schedule: {warmup_steps: 0, total_steps: 5}
            parallel: {threads: 1}
            """)
    }

    /// Changes every token of a shard.
    private static func replaceTokens(
        of path: String, _ change: (UInt16) -> UInt16
    ) throws {
        let tokens = try File.open(path).dataset("token_ids").read(
            as: UInt16.self, maximumCount: 1 << 20)
        var bytes = try fileBytes(path)
        let stored = tokens.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let start = try #require(bytes.firstRange(of: stored)?.lowerBound)
        for (index, token) in tokens.enumerated() {
            bytes[start + 2 * index] = UInt8(change(token) & 0xff)
            bytes[start + 2 * index + 1] = UInt8(change(token) >> 8)
        }
        try WholeFiles.writeAtomically(path, bytes)
    }
}

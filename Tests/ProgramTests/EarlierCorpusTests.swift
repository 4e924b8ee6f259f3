import Corpus
import DurableFiles
import Glibc
import Pretraining
import TemporaryDirectories
import Testing

/// Corpora of earlier versions, which only have hashes of whole shards.
@Suite(.serialized, .disabled(if: isLaunched, "starts programs of its own"))
struct EarlierCorpusTests {
    private let scratch = TemporaryDirectory()
    private var corpus: String { scratch.file("corpus") }

    /// Copies the tiny corpus without its checksums of blocks.
    init() throws {
        try copyDirectory(TinyCorpus.path(), to: corpus)
        var text = try scratch.text("corpus/manifest.json")
        let start = try #require(text.firstRange(of: "    \"checksums\" : {")).lowerBound
        let end = try #require(text[start...].firstRange(of: "\n    },\n")).upperBound
        text.removeSubrange(start..<end)
        try scratch.write("corpus/manifest.json", text)
    }

    private func run(steps: Int = 4) throws -> Run {
        var run = try Run.tiny(steps: steps)
        run.configuration = run.configuration.replacing(try TinyCorpus.path(), with: corpus)
        return run
    }

    private var shards: [String] {
        get throws { try Paths.names(in: corpus).filter { $0.hasSuffix(".h5") }.sorted() }
    }

    /// Changes a token of a shard to another valid one, which only the hash can detect.
    private func damage(_ shard: String) throws {
        var bytes = try scratch.bytes("corpus/" + shard)
        let place = try #require(
            bytes.indices.first { index in
                index % 2 == 0 && index + 8 < bytes.count
                    && stride(from: index, to: index + 8, by: 2).allSatisfy {
                        bytes[$0] > 20 && bytes[$0 + 1] == 0
                    }
            })
        bytes[place] -= 1
        try scratch.write("corpus/" + shard, bytes)
    }

    @Test("files are dealt so that each is one rank's, and all have about as many bytes")
    func deal() {
        let sizes = (0..<40).map { 1000 + ($0 * 37) % 100 }
        let shares = ShardVerification.deal(sizes, among: 7)
        #expect(shares.flatMap(\.self).sorted() == Array(sizes.indices))
        let loads = shares.map { $0.reduce(0) { $0 + sizes[$1] } }
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1100)
        #expect(ShardVerification.deal([5], among: 3) == [[0], [], []])
        #expect(ShardVerification.deal([], among: 2) == [[], []])
    }

    @Test(
        "a changed shard is found before the first step, by whichever rank has it",
        arguments: [1, 3])
    func changed(ranks: Int) throws {
        for shard in try shards {
            let whole = try scratch.bytes("corpus/" + shard)
            try damage(shard)
            let run = try run()
            let outcome = try run.train(ranks: ranks)
            try outcome.require(65)
            let lines = outcome.errorLines(with: "checksum")
            #expect(lines.count == 1 && lines[0].contains(shard), "\(outcome)")
            #expect(try run.steps().isEmpty)
            try scratch.write("corpus/" + shard, whole)
        }
        try run().finish(ranks: ranks)
    }

    @Test("an evaluation verifies what it reads")
    func evaluation() throws {
        let run = try run()
        try run.finish()
        let arguments = ["evaluate", "--checkpoint", run.directory, "--data", corpus]
        try Program.train(ranks: 2, arguments).require()
        try damage(try #require(shards.first { $0.hasPrefix("heldout") }))
        let outcome = try Program.train(ranks: 2, arguments)
        try outcome.require(65)
        #expect(outcome.errorLines(with: "checksum").count == 1, "\(outcome)")
    }

    /// Rank 0 opens each shard twice (to map it and by HDF5) before it hashes the first.
    private func slow(milliseconds: Int) throws -> FailingCalls {
        var faults = FailingCalls(calls: ["open"], path: ".h5", from: 2 * (try shards).count + 1)
        (faults.delay, faults.rank, faults.log) = (milliseconds, 0, scratch.file("log"))
        return faults
    }

    @Test(
        "long verification is reported, and does not end the job",
        .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
    func slowFiles() throws {
        var run = try run()
        run.environment = try slow(milliseconds: 11_000).environment
        let outcome = try run.finish(ranks: 3, ["--set", "parallel.timeout=1"])
        let text = outcome.output + outcome.errors
        #expect(text.ranges(of: "verifying \(try shards.count) shards").count == 1, "\(outcome)")
    }

    @Test(
        "a job that is asked to stop while it verifies does so",
        .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
    func stopped() throws {
        var run = try run()
        let faults = try slow(milliseconds: 4000)
        run.environment = faults.environment
        let job = try run.start(ranks: 2)
        try job.wait {
            let calls = fileText(faults.log ?? "").split(separator: "\n").count
            return calls >= faults.from
        }
        for process in job.ranks { kill(process, SIGTERM) }
        let outcome = job.wait()
        #expect(outcome.status == 75, "\(outcome)")
        #expect(try run.steps().isEmpty)
    }
}

import DurableFiles
import Reporting
import Testing

/// Runs with a sharded optimizer end as if each rank had all of it.
@Suite("sharded optimizer", .serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct ShardTests {
    private static let sharded = ["--set", "parallel.shard_optimizer=true"]

    /// 8 steps of several buckets, in some of which not every rank owns a part, with a checkpoint
    /// at 4.
    private static func run(_ more: String = "") throws -> Run {
        var run = try Run.tiny(steps: 8, more)
        for (old, new) in [
            ("checkpoint: {every_steps: 0", "checkpoint: {every_steps: 4"),
            ("parallel: {threads: 1}", "parallel: {threads: 1, bucket_megabytes: 0.05}"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        return run
    }

    private static func expectEqual(_ run: Run, _ other: Run) throws {
        #expect(try run.content(8).tensors == other.content(8).tensors)
        #expect(try run.losses() == other.losses())
        #expect(try run.steps().map(\.gradientNorm) == other.steps().map(\.gradientNorm))
    }

    @Test(
        "the same bits as an optimizer that is not sharded", arguments: [1, 2, 3, 5],
        [[], ["optimizer.name=lamb"], ["parallel.wire=bf16", "precision.compute=bf16"]])
    func exact(ranks: Int, settings: [String]) throws {
        let set = settings.flatMap { ["--set", $0] }
        let (whole, run) = (try Self.run(), try Self.run())
        try whole.finish(ranks: ranks, set)
        try run.finish(ranks: ranks, set + Self.sharded)
        try Self.expectEqual(run, whole)
        // And so are the files: a checkpoint does not depend on sharding.
        let names = try Paths.names(in: run.checkpoint(8)).filter { $0.hasPrefix("optimizer.") }
        #expect(names.count == ranks)
        for name in names {
            let bytes = try [run, whole].map {
                try WholeFiles.read(Paths.join($0.checkpoint(8), name), maximumByteCount: 1 << 26)
            }
            #expect(bytes[0] == bytes[1], "\(name)")
        }
    }

    @Test("a checkpoint resumes with and without sharding", arguments: [false, true])
    func resumed(from isSharded: Bool) throws {
        let whole = try Self.run()
        try whole.finish(ranks: 3)
        let run = try Self.run()
        try run.finish(ranks: 3, isSharded ? Self.sharded : [])
        try run.removeCheckpoint(8)
        try run.finish(ranks: 3, isSharded ? [] : Self.sharded)
        try Self.expectEqual(run, whole)
    }

    @Test("a checkpoint resumes on other numbers of ranks", arguments: [(2, 5), (5, 1), (1, 2)])
    func otherRanks(_ before: Int, _ after: Int) throws {
        let (whole, run) = (try Self.run(), try Self.run())
        try whole.finish(ranks: before)
        try run.finish(ranks: before, Self.sharded)
        for each in [whole, run] { try each.removeCheckpoint(8) }
        try whole.finish(ranks: after)
        try run.finish(ranks: after, Self.sharded)
        try Self.expectEqual(run, whole)
    }

    @Test("all ranks leave out what overflowed on one")
    func overflow() throws {
        let settings = "precision: {loss_scale: {initial: 64, interval: 3}}"
        var (whole, run) = (try Self.run(settings), try Self.run(settings))
        (whole.environment, run.environment) = (
            ["BERT_TEST_OVERFLOW=1:3-4"], ["BERT_TEST_OVERFLOW=1:3-4"]
        )
        try whole.finish(ranks: 3)
        try run.finish(ranks: 3, Self.sharded)
        try Self.expectEqual(run, whole)
        let (skips, expected) = (try run.skips(), try whole.skips())
        #expect(skips.map(\.step) == [3, 3])
        #expect(skips.map(\.nextLossScale) == expected.map(\.nextLossScale))
        // The tensor is named by a search in the whole gradient.
        let words = "bert.encoder.layer.0.output.dense.weight"
        #expect(expected[1].cause.contains(words) && skips[1].cause.contains(words))
    }
}

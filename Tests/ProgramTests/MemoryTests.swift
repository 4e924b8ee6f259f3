import FoundationEssentials
import Reporting
import Testing

/// The banner's memory estimate compared with Linux's count, for a model that is large compared
/// with programs and libraries.
@Suite("memory", .serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct MemoryTests {
    /// Two steps of a model of the layers of bert-small.
    private static func summary(ranks: Int, _ settings: [String]) throws -> RunSummary {
        var run = try Run.tiny(steps: 2)
        for (old, new) in [
            (Run.tinyModel, "preset: bert-small"), ("sequence_length: 32", "sequence_length: 128"),
            ("batch: {global: 12, micro: 4}", "batch: {global: 12, micro: 12}"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        try run.finish(ranks: ranks, settings.flatMap { ["--set", $0] })
        return try JSONDecoder().decode(
            RunSummary.self, from: Data(try fileBytes(run.path("summary.json"))))
    }

    @Test(
        "the forecast is right within 10%",
        arguments: [
            (1, []), (1, ["precision.compute=bf16"]), (1, ["parallel.recompute=true"]),
            (1, ["parallel.recompute=true", "precision.compute=bf16"]),
            (1, ["precision.compute=fp16", "batch.micro=5"]), (2, ["parallel.wire=bf16"]),
            (3, ["parallel.shard_optimizer=true"]),
            (2, ["parallel.shard_optimizer=true", "parallel.bucket_megabytes=200"]),
        ])
    func forecast(ranks: Int, settings: [String]) throws {
        let summary = try Self.summary(ranks: ranks, settings)
        let forecast = Double(try #require(summary.memoryForecastBytes))
        let peak = Double(try #require(summary.peakMemoryBytes))
        #expect(peak > 200e6, "too small to tell")
        #expect(abs(forecast / peak - 1) < 0.1, "estimated \(forecast), had \(peak)")
    }

    @Test("a sharded optimizer takes less memory, checkpoint included")
    func sharded() throws {
        let whole = try Self.summary(ranks: 3, [])
        let sharded = try Self.summary(ranks: 3, ["parallel.shard_optimizer=true"])
        // Two moments of four bytes, of which each of three ranks keeps a third.
        let saved = Double(whole.parameters * 8) * 2 / 3
        let difference = try #require(whole.peakMemoryBytes) - #require(sharded.peakMemoryBytes)
        // Usually four fifths, because sharded moments are gathered in buckets of 16 MiB. The peak of
        // either run may come 8 MiB higher or lower, by how a checkpoint and a step coincide.
        #expect(Double(difference) > 0.5 * saved, "saved \(difference) of \(saved)")
    }
}

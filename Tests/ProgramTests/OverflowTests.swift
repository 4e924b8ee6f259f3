import DurableFiles
import Glibc
import Reporting
import Testing

/// Loss scaling in whole runs. Overflows are injected on one rank (`OverflowInjection`); the scale
/// and the counters before and after each are computed by hand from the rules.
@Suite("overflows", .serialized) struct OverflowTests {
    /// Ranks and `precision.compute`.
    private static let jobs = [(1, "fp32"), (2, "fp16"), (3, "fp32"), (3, "fp16")]

    /// Overflows on `rank` in the batches `batches`, at a scale that starts with `initial`.
    private func run(
        _ rank: Int, _ batches: String, compute: String = "fp32", initial: Int, steps: Int = 12,
        checkpoint: String = "every_steps: 0, every_minutes: 0"
    ) throws -> Run {
        var run = try Run.tiny(
            steps: steps,
            "precision: {compute: \(compute), loss_scale: {initial: \(initial), interval: 3}}")
        run.configuration = run.configuration.replacing(
            "every_steps: 0, every_minutes: 0", with: checkpoint)
        run.environment = ["BERT_TEST_OVERFLOW=\(rank):\(batches)"]
        return run
    }

    @Test("all ranks skip, the scale falls and grows again", arguments: jobs)
    func skip(ranks: Int, compute: String) throws {
        let run = try run(ranks - 1, "5", compute: compute, initial: 64)
        let outcome = try run.finish(ranks: ranks)
        let file = run.path("overflow/step-00000005.batch-00000005.rank-\(ranks - 1).json")
        let skip = try #require(try run.skips().first)
        #expect(
            try run.skips() == [
                SkipRecord(
                    step: 5, lossScale: 128, nextLossScale: 64, samples: 60, inARow: 1,
                    cause: skip.cause)
            ])
        let cause = "On rank \(ranks - 1), the first gradient that is not finite is that of "
        #expect(skip.cause.hasPrefix(cause) && skip.cause.contains("bert-train replay \(file)"))
        #expect(try Paths.exists(file))
        #expect(outcome.output.contains("update 5 overflowed at loss scale 128.0"))
        let steps = try run.steps()
        #expect(steps.map(\.step) == Array(1...12))
        #expect(
            steps.map(\.lossScale) == [64, 64, 64, 128, 64, 64, 64, 128, 128, 128, 256, 256])
        #expect(steps.map(\.samples) == [12, 24, 36, 48] + (6...13).map { $0 * 12 })
        // Neither the schedule nor anything before the skip is affected.
        var calm = run
        calm.environment = []
        try calm.finish(ranks: ranks, ["--run", run.path("calm")])
        let other = try MetricsLog.steps(run.path("calm"))
        #expect(steps.map(\.learningRate) == other.map(\.learningRate))
        #expect(steps.prefix(4).map(\.loss) == other.prefix(4).map(\.loss))
        // The fifth update is made of the sixth batch.
        #expect(steps[4].tokens > other[4].tokens && steps[4].loss != other[4].loss)
    }

    @Test("an infinity comes through 16 bits on the wire", arguments: [2, 3])
    func wire(ranks: Int) throws {
        let run = try run(0, "5", initial: 64)
        try run.finish(ranks: ranks, ["--set", "parallel.wire=bf16"])
        #expect(try run.skips().map(\.step) == [5])
        #expect(try run.steps().count == 12)
    }

    @Test("a scale that is a power of two does not change a bit of fp32", arguments: [1, 2])
    func exactness(ranks: Int) throws {
        let plain = try Run.tiny()
        try plain.finish(ranks: ranks)
        for scale in ["1024", "{initial: 65536, interval: 3}", "{initial: 4294967296}"] {
            let scaled = try Run.tiny("precision: {loss_scale: \(scale)}")
            try scaled.finish(ranks: ranks)
            #expect(try scaled.content(12).tensors == plain.content(12).tensors, "\(scale)")
            #expect(try scaled.losses() == plain.losses())
            #expect(
                try scaled.steps().map(\.gradientNorm) == plain.steps().map(\.gradientNorm))
        }
    }

    @Test("a checkpoint right after a skip, and one right before", arguments: jobs)
    func resume(ranks: Int, compute: String) throws {
        // Far below values that overflow on their own in fp16.
        let initial = compute == "fp16" ? 1 << 10 : 1 << 20
        // Every step is overdue, so the first checkpoint is that of step 0 after batch 1; the other
        // skips come after checkpoints of the previous step.
        let run = try run(
            ranks - 1, "1", compute: compute, initial: initial,
            checkpoint: "every_steps: 0, every_minutes: 1.0e-9")
        try run.finish(ranks: ranks)
        let expected = (try run.content(12), try run.losses(), try run.skips())
        #expect(expected.2.map(\.step) == [1])
        for first in [0, 1, 7] {
            for step in (first + 1)...12 {
                guard try Paths.exists(run.checkpoint(step)) else { continue }
                try run.removeCheckpoint(step)
            }
            try run.finish(ranks: ranks)
            #expect(try run.content(12) == expected.0, "from step \(first)")
            #expect(try run.losses() == expected.1, "from step \(first)")
            #expect(try run.skips() == expected.2, "from step \(first)")
        }
        let again = try self.run(
            ranks - 1, "5-7", compute: compute, initial: initial,
            checkpoint: "every_steps: 1, every_minutes: 0")
        try again.finish(ranks: ranks)
        let (content, skips) = (try again.content(12), try again.skips())
        #expect(skips.map(\.inARow) == [1, 2, 3] && skips.allSatisfy { $0.step == 5 })
        for step in 5...12 { try again.removeCheckpoint(step) }
        try again.finish(ranks: ranks)
        #expect(try again.content(12) == content)
        #expect(try again.skips() == skips)
    }

    @Test("stopped by a signal among skips, and gone on", arguments: [1, 3])
    func signal(ranks: Int) throws {
        let run = try run(ranks - 1, "9-48", initial: 1 << 31, steps: 20)
        try run.finish(ranks: ranks, ["--run", run.path("whole")])
        let expected = try CheckpointContent(
            run.path("whole/checkpoints/step-00000020")
        ).tensors
        let job = try run.start(ranks: ranks)
        try job.wait { fileText(run.path("metrics.jsonl")).contains("\"event\":\"skip\"") }
        kill(try #require(job.ranks.last), SIGTERM)
        let stopped = job.wait()
        // The end may have come first.
        #expect(stopped.status == 75 || stopped.status == 0, "\(stopped)")
        if stopped.status == 75 { try run.finish(ranks: ranks) }
        #expect(try run.content(20).tensors == expected)
        let whole = try MetricsLog.read(run.path("whole/metrics.jsonl"))
        let skips = whole.compactMap { event -> Int? in
            guard case .skip(let record) = event else { return nil }
            return record.samples
        }
        #expect(skips.count == 40)
        #expect(try run.skips().map(\.samples) == skips)
    }

    @Test("50 overflows in a row at the minimum end the run", arguments: jobs)
    func limit(ranks: Int, compute: String) throws {
        let rank = ranks - 1
        var run = try run(
            rank, "6-1000", compute: compute, initial: 4,
            checkpoint: "every_steps: 4, every_minutes: 0")
        let outcome = try run.train(ranks: ranks)
        try outcome.require(65)
        // 4, 4, 4, 8, 8: falls three times, stays, and the last overflow ends the run instead of
        // only being skipped.
        #expect(
            try run.skips().map(\.lossScale) == [8, 4, 2] + Array(repeating: 1, count: 49))
        #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(outcome)")
        for text in [
            "update 6 overflowed at 50 batches in a row", "On rank \(rank), ",
            "bert.encoder.layer.0.output.dense.weight (layer 0 of the encoder",
            "bert-train replay", "precision.loss_scale.minimum",
        ] {
            #expect(outcome.errors.contains(text), "\(text): \(outcome.errors)")
        }
        #expect(try run.checkpoints() == ["step-00000004"])
        // At the 1st, 2nd, 4th, 8th, 16th, 32nd overflow, and the last.
        let names = try Paths.names(in: run.path("overflow")).sorted()
        #expect(
            names
                == [6, 7, 9, 13, 21, 37, 58].map {
                    "step-00000006.batch-000000\($0 < 10 ? "0" : "")\($0).rank-\(rank).json"
                })
        run.environment = []
        try run.finish(ranks: ranks)
        #expect(try run.steps().map(\.step) == Array(1...12))
        #expect(try run.skips().isEmpty)
    }

    @Test("with a fixed scale an overflow ends the run", arguments: ["1", "1024"])
    func fixed(scale: String) throws {
        var run = try Run.tiny("precision: {loss_scale: \(scale)}")
        run.environment = ["BERT_TEST_OVERFLOW=1:3"]
        let outcome = try run.train(ranks: 3)
        try outcome.require(65)
        for text in ["not finite at update 3", "the run has diverged", "On rank 1, "] {
            #expect(outcome.errors.contains(text), "\(text): \(outcome.errors)")
        }
        #expect(try run.steps().count == 2)
        #expect(try run.skips().isEmpty)
        #expect(
            try Paths.names(in: run.path("overflow"))
                == ["step-00000003.batch-00000003.rank-1.json"])
    }

    @Test("a fixed scale in fp16 stays through overflows; 50 in a row end the run")
    func fixedInFP16() throws {
        var run = try Run.tiny("precision: {compute: fp16, loss_scale: 1024}")
        run.environment = ["BERT_TEST_OVERFLOW=1:3-5"]
        try run.finish(ranks: 2, ["--run", run.path("few")])
        let few = try MetricsLog.read(run.path("few/metrics.jsonl"))
        let scales = few.compactMap { event -> Double? in
            guard case .skip(let record) = event else { return nil }
            return record.nextLossScale
        }
        #expect(scales == [1024, 1024, 1024])
        let steps = try MetricsLog.steps(run.path("few"))
        #expect(steps.map(\.step) == Array(1...12) && steps.allSatisfy { $0.lossScale == 1024 })
        run.environment = ["BERT_TEST_OVERFLOW=1:3-1000"]
        let outcome = try run.train(ranks: 2)
        try outcome.require(65)
        #expect(try run.skips().map(\.inARow) == Array(1...49))
        for text in [
            "update 3 overflowed at 50 batches in a row at the loss scale 1024.0, which "
                + "precision.loss_scale fixes", "On rank 1, ",
        ] {
            #expect(outcome.errors.contains(text), "\(text): \(outcome.errors)")
        }
        #expect(!outcome.errors.contains("minimum"), "\(outcome.errors)")
    }

    @Test("other settings of the scale: rejected, or restarted")
    func changes() throws {
        var run = try run(0, "1-3", initial: 64, steps: 6)
        try run.finish()
        #expect(try run.steps().map(\.lossScale) == [8, 8, 8, 16, 16, 16])
        run.environment = []
        let change = [
            "--set", "precision.loss_scale.initial=512", "--set", "schedule.total_steps=8",
        ]
        let refused = try run.train(change)
        try refused.require(78)
        #expect(refused.errors.contains("precision.loss_scale"))
        try run.finish(change + ["--allow-changes"])
        #expect(try run.steps().map(\.lossScale) == [8, 8, 8, 16, 16, 16, 512, 512])
        // Another number type has its own scale, although the rules are unchanged.
        try run.finish([
            "--set", "precision.compute=bf16", "--set", "precision.loss_scale.initial=512",
            "--set", "schedule.total_steps=14", "--allow-changes",
        ])
        try run.finish([
            "--set", "precision.loss_scale.initial=512", "--set", "schedule.total_steps=16",
            "--allow-changes",
        ])
        #expect(
            try run.steps().map(\.lossScale).suffix(8)
                == [512, 512, 512, 1024, 1024, 1024, 512, 512])
        let phases = try Run.tiny("phases: [{precision: {loss_scale: 2}}]").train()
        try phases.require(78)
        #expect(phases.errors.contains("optimizer, precision, checkpoint and parallel"))
    }

    @Test(
        "a test variable that cannot be understood",
        arguments: ["", "1", "1:0", "-1:3", "1:5-4", "1:2:3", "1:2-3-4", "x:1"])
    func badVariable(value: String) throws {
        var run = try Run.tiny()
        run.environment = ["BERT_TEST_OVERFLOW=\(value)"]
        let outcome = try run.train()
        try outcome.require(78)
        #expect(outcome.errors.contains("BERT_TEST_OVERFLOW"))
    }
}

extension Run {
    /// The skipped updates.
    func skips() throws -> [SkipRecord] { try events("skip", as: SkipRecord.self) }

    fileprivate static func tiny(_ more: String) throws -> Run { try tiny(steps: 12, more) }
}

extension MetricsLog {
    /// The updates of a run's log.
    fileprivate static func steps(_ run: String) throws -> [StepRecord] {
        try read(Paths.join(run, name)).compactMap { event in
            guard case .step(let record) = event else { return nil }
            return record
        }
    }
}

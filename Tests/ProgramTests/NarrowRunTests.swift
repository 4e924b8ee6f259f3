import FoundationEssentials
import Reporting
import Testing

/// Whole runs with 16-bit computation, and runs with recomputation.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct NarrowRunTests {
    private static let computes = ["fp32", "bf16", "fp16"]

    private func run(_ precision: String) throws -> Run {
        try Run.tiny(steps: 12, "precision: {\(precision)}")
    }

    @Test("each precision is used: losses are alike, but not the same")
    func losses() throws {
        let losses = try Self.computes.map { compute in
            let run = try run("compute: \(compute)")
            try run.finish(ranks: 2)
            return try run.losses()
        }
        for other in losses.dropFirst() {
            #expect(other != losses[0] && relativeDifference(other, losses[0]) < 0.02)
        }
        #expect(losses[1] != losses[2])
    }

    @Test("recomputation changes no bit", arguments: computes)
    func recomputation(compute: String) throws {
        let (kept, recomputed) = (
            try run("compute: \(compute)"), try run("compute: \(compute)")
        )
        try kept.finish(ranks: 2)
        try recomputed.finish(ranks: 2, ["--set", "parallel.recompute=true"])
        #expect(try recomputed.losses() == kept.losses())
        #expect(try recomputed.content(12).tensors == kept.content(12).tensors)
    }

    @Test("resumed: the same bits as undisturbed", arguments: [1, 3])
    func resumed(ranks: Int) throws {
        var run = try run("compute: bf16")
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 5")
        try run.finish(ranks: ranks)
        let (expected, losses) = (try run.content(12), try run.losses())
        for step in [12, 10] { try run.removeCheckpoint(step) }
        try run.finish(ranks: ranks)
        #expect(try run.content(12) == expected)
        #expect(try run.losses() == losses)
    }

    @Test("a scale that is far too large for fp16 falls until nothing overflows")
    func naturalOverflow() throws {
        let run = try run("compute: fp16, loss_scale: {initial: 4294967296}")
        try run.finish(ranks: 2)
        let skips = try run.skips()
        // Gradients of the logits are up to 2^32 / 72 at first; binary16 ends at 65504.
        try #require(skips.prefix(4).map(\.inARow) == [1, 2, 3, 4])
        for (index, skip) in skips.enumerated() {
            #expect(skip.lossScale == 4_294_967_296 / Double(1 << index))
            #expect(skip.nextLossScale == skip.lossScale / 2)
            #expect(skip.cause.isEmpty != [1, 2, 4, 8, 16].contains(skip.inARow))
        }
        // The beginning of the backward pass.
        #expect(skips[1].cause.contains("On rank 0, the first gradient that is not finite is that"))
        #expect(skips[1].cause.contains(" of cls.predictions.bias, from samples"))
        let steps = try run.steps()
        #expect(steps.map(\.step) == Array(1...12))
        for step in steps {
            #expect(step.lossScale == skips.last { $0.step <= step.step }?.nextLossScale)
        }
        #expect(steps.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite })
    }

    @Test("an overflow of fp16 in the forward pass is reported as such")
    func forwardOverflow() throws {
        let first = try Run.tiny(steps: 2)
        try first.finish()
        let model = first.path("overflowing")
        try writeOverflowingModel(model, from: first.directory)
        let run = try run("compute: fp16, loss_scale: {initial: 1}")
        let outcome = try run.train(ranks: 2, ["--set", "model.initialize_from=\(model)"])
        try outcome.require(65)
        for text in [
            "update 1 overflowed at 50 batches in a row: the forward pass, which no loss scale",
            "go on in bf16 or fp32",
            "the loss is not finite; the first output that is not is that of \(overflowingModule) (layer 1",
        ] {
            #expect(outcome.errors.contains(text), "\(text): \(outcome.errors)")
        }
    }

    @Test("evaluation alone is in fp32, or as asked, and then with the run's own numbers")
    func evaluation() throws {
        let run = try run("compute: bf16")
        try run.finish()
        let own = try #require(try run.evaluations().last)
        let numbers = try [[], ["--set", "precision.compute=bf16"]].map { more in
            let file = run.path("evaluation.json")
            let outcome = try Program.train(
                [
                    "evaluate", "--checkpoint", run.directory, "--data", TinyCorpus.path(),
                    "--json", file,
                ] + more)
            try outcome.require()
            #expect(outcome.output.contains(more.isEmpty ? ", in fp32" : ", in bf16"))
            return try JSONDecoder().decode(
                EvaluationRecord.self, from: Data(fileText(file).utf8))
        }
        #expect(numbers[1] == own)
        #expect(numbers[0].mlmLoss != own.mlmLoss)
        #expect(relativeDifference([numbers[0].mlmLoss], [own.mlmLoss]) < 0.02)
    }
}

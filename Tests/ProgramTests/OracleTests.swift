import DurableFiles
import FoundationEssentials
import Reporting
import TemporaryDirectories
import Testing

/// `bert-train` compared with traces and evaluations computed by Hugging Face in float64.
@Suite(
    .serialized, .disabled(if: isLaunched, "starts jobs of its own"),
    .enabled(if: Oracle.isThere, Comment(rawValue: Oracle.skipping)))
struct OracleTests {
    @Test(
        "loss, rate, gradient norm and final parameters",
        arguments: Oracle.cases, OracleOptimizer.allCases)
    func trace(_ oracle: Oracle, _ optimizer: OracleOptimizer) throws {
        let run = try oracle.run(optimizer)
        try run.finish()
        let steps = try run.steps()
        let expected = try oracle.trace(optimizer)
        #expect(relativeDifference(steps.map(\.loss), expected.loss) < 1e-5)
        #expect(relativeDifference(steps.map(\.gradientNorm), expected.gradientNorm) < 1e-4)
        let rates = zip(steps.map(\.learningRate), expected.learningRate)
        #expect(rates.allSatisfy { abs($0 - $1) < 1e-9 })
        let content = try run.content(expected.loss.count)
        #expect(try content.distance(to: expected.parameters) < 1e-4)
    }

    @Test(
        "the same losses on 1, 2 and 3 ranks and micro-batches of 1, 2 and 6",
        arguments: Oracle.cases)
    func split(_ oracle: Oracle) throws {
        let expected = try oracle.trace(.lamb)
        for ranks in [1, 2, 3] {
            for micro in [1, 2, 6] {
                let run = try oracle.run(.lamb, micro: micro)
                try run.finish(ranks: ranks)
                let losses = try run.losses()
                #expect(
                    relativeDifference(losses, expected.loss) < 1e-5,
                    "\(ranks) ranks, micro-batch \(micro)")
                #expect(try run.content(losses.count).distance(to: expected.parameters) < 1e-4)
            }
        }
    }

    @Test("the same losses on 8 ranks as on one", arguments: Oracle.cases)
    func eightRanks(_ oracle: Oracle) throws {
        let alone = try oracle.run(.adamw, global: 12, micro: 12)
        try alone.finish()
        for micro in [1, 2, 6] {
            let run = try oracle.run(.adamw, global: 12, micro: micro)
            try run.finish(ranks: 8)
            #expect(
                relativeDifference(try run.losses(), try alone.losses()) < 1e-5,
                "micro-batch \(micro)")
        }
    }

    /// The files are shorter than the default `data.sequence_length`, and so is the model.
    @Test(
        "a run on NVIDIA's files resumes with the same bits, and is evaluated",
        arguments: Oracle.cases, ["sequential", "shuffled"])
    func resumed(_ oracle: Oracle, _ order: String) throws {
        // A part of the rows, so that resuming starts within an epoch.
        var run = try oracle.run(.adamw, global: 5)
        run.configuration = run.configuration
            .replacing("order: sequential", with: "order: \(order)")
            .replacing("{every_minutes: 0}", with: "{every_steps: 3, every_minutes: 0}")
        try run.finish()
        let last = try #require(try run.steps().last?.step)
        let (expected, losses) = (try run.content(last), try run.losses())
        try run.removeCheckpoint(last)
        try run.finish()
        let resumed = try run.events("resume", as: ResumeRecord.self).map(\.step)
        #expect(resumed.count == 1 && (1..<last).contains(resumed[0]))
        #expect(try run.content(last) == expected)
        #expect(try run.losses() == losses)
        try Program.train(
            [
                "evaluate", "--checkpoint", run.directory, "--data", oracle.path("pretrain.hdf5"),
            ]
        ).require()
    }

    @Test("evaluation", arguments: Oracle.cases)
    func evaluation(_ oracle: Oracle) throws {
        let scratch = TemporaryDirectory()
        var files: [[UInt8]] = []
        for ranks in [1, 2, 3, 8] {
            let file = scratch.file("\(ranks).json")
            try Program.train(
                ranks: ranks,
                [
                    "evaluate", "--checkpoint", oracle.path("hf"), "--data",
                    oracle.path("pretrain.hdf5"), "--json", file,
                ]
            ).require()
            files.append(try fileBytes(file))
        }
        #expect(files.allSatisfy { $0 == files[0] })
        let found = try JSONDecoder().decode(EvaluationRecord.self, from: Data(files[0]))
        let expected = try oracle.evaluation()
        #expect(abs(found.mlmLoss - expected.mlm_loss) < 1e-5 * expected.mlm_loss)
        #expect(abs(found.nspLoss - expected.nsp_loss) < 1e-5 * expected.nsp_loss)
        #expect(abs(found.mlmAccuracy - expected.mlm_accuracy) < 1e-12)
        #expect(abs(found.nspAccuracy - expected.nsp_accuracy) < 1e-12)
        #expect(found.nspPairs == expected.rows)
        let chance = try oracle.chance()
        #expect(found.mlmTokens == chance.masked)
        #expect(abs(found.mlmBaselineAccuracy - chance.token) < 1e-12)
        #expect(abs(found.nspBaselineAccuracy - chance.label) < 1e-12)
    }
}

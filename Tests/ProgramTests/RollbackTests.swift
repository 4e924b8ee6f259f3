import DurableFiles
import Reporting
import TemporaryDirectories
import Testing
import Tokenization

/// `--resume PATH`, and what a run needs to resume after others were deleted.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct RollbackTests {
    /// 12 steps with a checkpoint at every third.
    private static func run() throws -> Run {
        var run = try Run.tiny()
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 3")
        return run
    }

    private func resumedSteps(_ run: Run) throws -> [Int] {
        try run.events("resume", as: ResumeRecord.self).map(\.step)
    }

    @Test("--resume PATH again resumes, also when PATH is gone; another PATH rolls back")
    func again() throws {
        let source = try Self.run()
        try source.finish()
        let expected = try source.content(12).tensors
        let run = try Self.run()
        let command = ["--resume", source.checkpoint(6)]
        try run.finish(command)
        #expect(try run.checkpoints() == ["step-00000009", "step-00000012"])
        #expect(try run.content(12).state.contains("\"resumed_from\":\""))

        // Stopped after step 9, and started by the same command.
        try run.removeCheckpoint(12)
        let outcome = try run.finish(ranks: 2, command)
        #expect((outcome.output + outcome.errors).contains("has gone on from"))
        #expect(try resumedSteps(run) == [6, 9])
        #expect(try run.checkpoints() == ["step-00000009", "step-00000012"])
        #expect(try run.content(12).distance(to: expected) < 1e-5)
        try run.finish(command)
        #expect(try resumedSteps(run) == [6, 9])

        try source.removeCheckpoint(6)
        try run.removeCheckpoint(12)
        try run.finish(command)
        #expect(try resumedSteps(run) == [6, 9, 9])
        // Gone, but not this run's origin: a typing error must not pass.
        try run.train(["--resume", source.checkpoint(5)]).require(66)
        #expect(try run.content(12).tensors == expected)

        try run.finish(["--resume", source.checkpoint(3)])
        #expect(try resumedSteps(run) == [3])
        #expect(
            try run.checkpoints() == [6, 9, 12].map { "step-" + padded($0) }
                + [9, 12].map { "superseded-step-" + padded($0) })
        #expect(try run.content(12).tensors == expected)
    }

    @Test("the run's own newest checkpoint, named, is not come back to by the same command")
    func ownCheckpoint() throws {
        let run = try Self.run()
        try run.finish()
        for step in [9, 12] { try run.removeCheckpoint(step) }
        let command = ["--resume", run.checkpoint(6)]
        try run.finish(command)
        try run.removeCheckpoint(12)
        try run.finish(command)
        #expect(try resumedSteps(run) == [6, 9])
    }

    private func padded(_ step: Int) -> String {
        String(repeating: "0", count: 8 - "\(step)".count) + "\(step)"
    }

    @Test("the run's own directory, spelt otherwise, is its own")
    func ownDirectory() throws {
        let run = try Self.run()
        try run.finish(ranks: 2)
        let expected = try run.content(12)
        // As if killed before the last evaluation.
        try Paths.remove(run.path("summary.json"))
        try run.finish(ranks: 2, ["--resume", run.directory + "/./"])
        #expect(try run.content(12) == expected)
        #expect(try run.checkpoints().count == 4)
        #expect(try Paths.exists(run.path("summary.json")))
    }

    @Test("a checkpoint from elsewhere displaces the run's own of that step")
    func sameStep() throws {
        let (source, run) = (try Self.run(), try Self.run())
        try source.finish()
        try run.finish(["--set", "run.seed=8"])
        try run.finish(["--resume", source.checkpoint(12)])
        #expect(try run.content(12).tensors == source.content(12).tensors)
        #expect(try run.checkpoints().contains("superseded-step-00000012"))
    }

    @Test("a run resumes although the model and the vocabulary it started from are gone")
    func originGone() throws {
        let source = try Run.tiny(steps: 2)
        try source.finish()
        let scratch = TemporaryDirectory()
        let vocabulary = try scratch.write("vocab.txt", try TinyCorpus.vocabulary().text)
        var run = try Self.run()
        run.configuration = run.configuration.replacing(
            "model: {\(Run.tinyModel)}",
            with: "model: {initialize_from: \"\(source.directory)\", vocabulary: \"\(vocabulary)\"}"
        )
        try run.finish(ranks: 3)
        let expected = try run.content(12)
        try Paths.remove(source.directory)
        try Paths.remove(vocabulary)
        try run.removeCheckpoint(12)
        try run.finish(ranks: 3)
        #expect(try run.content(12) == expected)
    }

    @Test("checkpoints that are passed over are named: to start from, and to evaluate")
    func passedOver() throws {
        let source = try Self.run()
        try source.finish()
        let file = Paths.join(source.checkpoint(12), "model.h5")
        try WholeFiles.writeAtomically(file, Array(fileBytes(file).dropLast(100)))
        let evaluation = try Program.train(
            ranks: 2,
            ["evaluate", "--checkpoint", source.directory, "--data", TinyCorpus.path()])
        var run = try Run.tiny(steps: 2)
        run.configuration = run.configuration.replacing(
            Run.tinyModel, with: "initialize_from: \"\(source.directory)\"")
        for outcome in [evaluation, try run.train(ranks: 2)] {
            try outcome.require()
            let lines = (outcome.output + outcome.errors).split(separator: "\n").filter {
                $0.contains("passed over \(source.checkpoint(12))")
            }
            #expect(lines.count == 1, "\(outcome)")
        }
    }

    @Test("a phase that the run does not have is an error, not a crash")
    func strangePhase() throws {
        let run = try Self.run()
        try run.finish()
        let model = Paths.join(run.checkpoint(12), "model.h5")
        let manifest = Paths.join(run.checkpoint(12), "manifest.json")
        let before = try SHA256.digest(ofFile: model).digest.description
        var bytes = try fileBytes(model)
        let place = try #require(bytes.firstRange(of: Array("\"phase\":0,".utf8)))
        bytes.replaceSubrange(place, with: Array("\"phase\":5,".utf8))
        try WholeFiles.writeAtomically(model, bytes)
        let after = try SHA256.digest(ofFile: model).digest.description
        try WholeFiles.writeAtomically(
            manifest, fileText(manifest).replacing(before, with: after))
        let outcome = try run.train(ranks: 3)
        try outcome.require(65)
        #expect(outcome.errorLines(with: "stands in phase 5").count == 1, "\(outcome)")
    }
}

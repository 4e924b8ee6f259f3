import DurableFiles
import Glibc
import Reporting
import Testing

/// Runs that are stopped and resumed end as if uninterrupted.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct ResumeTests {
    /// 12 steps with a checkpoint at 6.
    private static func run() throws -> Run {
        var run = try Run.tiny()
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 6")
        return run
    }

    /// A run that takes several seconds, with a checkpoint every 5 steps, and an evaluation after
    /// each.
    private static func longRun() throws -> Run {
        var run = try Run.tiny(steps: 60)
        for (old, new) in [
            ("batch: {global: 12, micro: 4}", "batch: {global: 96, micro: 8}"),
            ("checkpoint: {every_steps: 0", "checkpoint: {every_steps: 5"),
            ("evaluation: {every_steps: 0", "evaluation: {every_steps: 1, max_sequences: 12"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        return run
    }

    @Test("the same bits as an undisturbed run", arguments: [1, 3])
    func exact(ranks: Int) throws {
        let whole = try Self.run()
        try whole.finish(ranks: ranks)
        let expected = try whole.content(12)
        let losses = try whole.losses()

        // As if the job had ended several steps after the checkpoint of step 6.
        try whole.removeCheckpoint(12)
        let outcome = try whole.finish(ranks: ranks)
        #expect(try whole.content(12) == expected)
        #expect(try whole.losses() == losses)
        #expect(
            outcome.errors.contains("step-00000006") || outcome.output.contains("step-00000006"))
        let resumed = try whole.events("resume", as: ResumeRecord.self)
        #expect(resumed.map(\.step) == [6])
    }

    @Test("another number of ranks resumes", arguments: [(1, 3), (3, 1), (3, 8)])
    func otherRanks(_ before: Int, _ after: Int) throws {
        let run = try Self.run()
        try run.finish(ranks: before)
        let (expected, losses) = (try run.content(12), try run.losses())
        try run.removeCheckpoint(12)
        try run.finish(ranks: after)
        #expect(relativeDifference(try run.losses(), losses) < 1e-5)
        #expect(try run.content(12).distance(to: expected) < 1e-5)
    }

    @Test("8 ranks, then 3, then 5: one curve of losses")
    func changingRanks() throws {
        var whole = try Run.tiny(steps: 18)
        whole.configuration = whole.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 6")
        try whole.finish(ranks: 8)
        let run = Run(whole.configuration)
        for (ranks, end) in [(8, 6), (3, 12), (5, 18)] {
            // Each part ends as if the job had been killed right after its checkpoint.
            try run.finish(ranks: ranks)
            for step in stride(from: 18, to: end, by: -6) { try run.removeCheckpoint(step) }
        }
        #expect(try run.steps().map(\.step) == Array(1...18))
        #expect(relativeDifference(try run.losses(), try whole.losses()) < 1e-5)
        #expect(try run.content(18).distance(to: whole.content(18)) < 1e-5)
        #expect(try run.events("resume", as: ResumeRecord.self).map(\.step) == [6, 12])
    }

    @Test("killed and resumed: the same bits", arguments: [1, 3])
    func killed(ranks: Int) throws {
        let whole = try Self.longRun()
        try whole.finish(ranks: ranks)
        let run = try Self.longRun()
        let job = try run.start(ranks: ranks)
        try job.wait { (try? run.checkpoints().contains("step-00000005")) ?? false }
        for process in job.ranks.suffix(1) { kill(process, SIGKILL) }
        // A job that has lost a rank must end, and as a failure.
        #expect(job.wait().status != 0)
        try run.finish(ranks: ranks)
        #expect(try run.content(60) == whole.content(60))
        #expect(try run.losses() == whole.losses())
        #expect(try run.evaluations() == whole.evaluations())
    }

    @Test(
        "SIGTERM to one rank: a checkpoint, status 75, and then the same bits", arguments: [1, 3])
    func terminated(ranks: Int) throws {
        let whole = try Self.longRun()
        try whole.finish(ranks: ranks)
        let run = try Self.longRun()
        let job = try run.start(ranks: ranks)
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        let process = try #require(job.ranks.last)
        kill(process, SIGTERM)
        let outcome = job.wait()
        try outcome.require(75)
        let last = try #require(try run.steps().last?.step)
        #expect(try Paths.isDirectory(run.checkpoint(last)))
        #expect(fileText(run.path("summary.json")).contains("\"status\": \"preempted\""))
        #expect(try run.events("preempt", as: PreemptRecord.self).map(\.step) == [last])
        try run.finish(ranks: ranks)
        #expect(try run.content(60) == whole.content(60))
        #expect(try run.losses() == whole.losses())
        #expect(try run.evaluations() == whole.evaluations())
    }

    @Test(
        "a signal to the launcher, as schedulers and Ctrl-C send it, comes through",
        arguments: [SIGTERM, SIGINT, SIGUSR1])
    func launcherSignalled(signal: Int32) throws {
        let run = try Run.tiny(steps: 100_000)
        let job = try run.start(ranks: 2)
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        kill(try #require(job.launcher), signal)
        // MPICH's mpirun, if signalled itself, ends with 0 as often as with its ranks' 75.
        let outcome = job.wait()
        #expect([0, 75].contains(outcome.status), "\(outcome)")
        #expect(fileText(run.path("summary.json")).contains("\"status\": \"preempted\""))
        #expect(try run.checkpoints().count == 1)
    }

    @Test("a damaged checkpoint is passed over, with a warning")
    func damaged() throws {
        let run = try Self.run()
        try run.finish()
        let expected = try run.content(12)
        let file = Paths.join(run.checkpoint(12), "model.h5")
        var bytes = try fileBytes(file)
        bytes[bytes.count / 2] ^= 1
        try WholeFiles.writeAtomically(file, bytes)
        let outcome = try run.train(["--resume", "auto"])
        try outcome.require()
        #expect((outcome.errors + outcome.output).contains("passed over"))
        #expect(try run.content(12) == expected)
    }

    @Test("--resume never refuses a directory with checkpoints, and leaves them")
    func never() throws {
        let run = try Self.run()
        try run.finish()
        let expected = try run.content(12)
        let outcome = try run.train(ranks: 3, ["--resume", "never"])
        try outcome.require(78)
        #expect(outcome.errorLines(with: "already holds checkpoints").count == 1)
        #expect(try run.content(12) == expected)
    }

    @Test("--resume PATH starts another run from a checkpoint")
    func path() throws {
        let run = try Self.run()
        try run.finish()
        let other = try Self.run()
        try other.finish(["--resume", run.checkpoint(6)])
        #expect(try other.content(12).tensors == run.content(12).tensors)
    }

    @Test("a finished run that is run again does no harm")
    func finished() throws {
        let run = try Self.run()
        try run.finish(ranks: 2)
        let (expected, names) = (try run.content(12), try Paths.names(in: run.directory))
        let log = fileText(run.path("metrics.jsonl"))
        let outcome = try run.finish(ranks: 2)
        #expect((outcome.output + outcome.errors).contains("the run is finished"))
        #expect(try run.content(12) == expected)
        #expect(fileText(run.path("metrics.jsonl")) == log)
        #expect(try Paths.names(in: run.directory) == names)
        #expect(fileText(run.path("summary.json")).contains("\"status\": \"finished\""))
        #expect(!fileText(run.path("summary.json")).contains("\"loss\": null"))
    }

    @Test("an evaluation that a stop left no time for is made up", arguments: [1, 3])
    func missedEvaluation(ranks: Int) throws {
        var run = try Self.run()
        run.configuration = run.configuration.replacing(
            "evaluation: {every_steps: 0}", with: "evaluation: {every_steps: 3}")
        try run.finish(ranks: ranks)
        let expected = try run.evaluations()
        #expect(expected.map(\.step) == [3, 6, 9, 12])
        // As if killed between the checkpoint of step 6 and its evaluation.
        try run.removeCheckpoint(12)
        let log = fileText(run.path("metrics.jsonl")).split(separator: "\n").filter {
            !$0.hasPrefix("{\"event\":\"evaluation\",\"step\":6,")
        }
        try WholeFiles.writeAtomically(
            run.path("metrics.jsonl"), log.joined(separator: "\n") + "\n")
        try run.finish(ranks: ranks)
        #expect(try run.evaluations() == expected)
        // But not twice.
        try run.removeCheckpoint(12)
        try run.finish(ranks: ranks)
        #expect(try run.evaluations() == expected)
    }

    @Test("a summary that cannot be written: 75 after a signal, a failure at the end")
    func noSummary() throws {
        let run = try Self.longRun()
        try Paths.createDirectory(run.path("summary.json/in/the/way"))
        let job = try run.start(ranks: 3)
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        kill(try #require(job.ranks.last), SIGTERM)
        let stopped = job.wait()
        try stopped.require(75)
        #expect((stopped.output + stopped.errors).contains("the summary could not be written"))
        let ended = try run.train(ranks: 3)
        try ended.require(74)
        #expect(ended.errorLines(with: "bert-train: ").count == 1, "\(ended)")
        #expect(try Paths.isDirectory(run.checkpoint(60)))
    }

    @Test("keep_last and keep_every")
    func retention() throws {
        var run = try Run.tiny(steps: 9)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0, every_minutes: 0, keep_last: 0}",
            with: "checkpoint: {every_steps: 1, keep_last: 2, keep_every: 4}")
        try run.finish(ranks: 2)
        #expect(try run.checkpoints() == [4, 8, 9].map { "step-0000000\($0)" })
    }

    @Test("two phases: going on in each gives the same bits", arguments: [1, 2])
    func phases(ranks: Int) throws {
        var run = try Run.tiny(
            """
            phases:
              - {data: {sequence_length: 16}, schedule: {total_steps: 6}}
              - {data: {sequence_length: 36}, schedule: {total_steps: 5}, batch: {global: 8}}
            """)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 3")
        try run.finish(ranks: ranks)
        let (expected, losses) = (try run.content(11), try run.losses())
        #expect(losses.count == 11)
        let samples = try run.steps().map(\.samples)
        #expect(samples.suffix(6) == [72, 80, 88, 96, 104, 112])
        for first in [9, 6, 3] {
            for step in [11, 9, 6] where step > first {
                if try Paths.exists(run.checkpoint(step)) { try run.removeCheckpoint(step) }
            }
            try run.finish(ranks: ranks)
            #expect(try run.content(11) == expected, "from step \(first)")
            #expect(try run.losses() == losses, "from step \(first)")
        }
    }
}

extension Run {
    fileprivate static func tiny(_ more: String) throws -> Run { try tiny(steps: 12, more) }
}

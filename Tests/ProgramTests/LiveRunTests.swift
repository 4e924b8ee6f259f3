import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// External faults during a run that continues: its lock, its readers, its clock.
@Suite(
    .serialized, .disabled(if: isLaunched, "starts programs of its own"),
    .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
struct LiveRunTests {
    private let scratch = TemporaryDirectory()

    private static func run(steps: Int, checkpoint: String) throws -> Run {
        var run = try Run.tiny(steps: steps)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0, every_minutes: 0, keep_last: 0}",
            with: "checkpoint: {\(checkpoint)}")
        return run
    }

    @Test("a lock that its heartbeat cannot read for a moment stays held")
    func heartbeat() throws {
        var run = try Self.run(
            steps: 100_000_000, checkpoint: "every_steps: 0, every_minutes: 0, keep_last: 1")
        // The first heartbeat comes after 15 s; until then the run has other reasons to read the lock.
        var faults = FailingCalls(calls: ["open", "read"], path: "/.lock", count: 4, error: ESTALE)
        (faults.after, faults.log) = (10, scratch.file("log"))
        run.environment = faults.environment
        let job = try run.start()
        try job.wait { fileText(scratch.file("log")).split(separator: "\n").count > faults.count }
        kill(try #require(job.ranks.first), SIGTERM)
        let outcome = job.wait()
        try outcome.require(75)
        let text = outcome.output + outcome.errors
        #expect(!text.contains("others may take the lock over"), "\(outcome)")
        #expect(try run.checkpoints().count == 1)
    }

    @Test(
        "a checkpoint that its run deletes under a reader is replaced by the newest one",
        arguments: ["verify", "export", "evaluate"])
    func pruned(reader: String) throws {
        var run = try Self.run(
            steps: 2, checkpoint: "every_steps: 0, every_minutes: 0, keep_last: 1")
        try run.finish()
        // The reader pauses before the model's file while the run continues and deletes it.
        var faults = FailingCalls(calls: ["open"], path: "step-00000002/model.h5")
        (faults.delay, faults.log) = (10_000, scratch.file("log"))
        let commands = [
            "verify": [Program.path("bert"), "checkpoint", "verify", run.directory],
            "export": [
                Program.path("bert"), "checkpoint", "export", "--to", "huggingface",
                run.directory, scratch.file("model"),
            ],
            "evaluate": [
                Program.path("bert-train"), "evaluate", "--checkpoint", run.directory, "--data",
                try TinyCorpus.path(),
            ],
        ]
        let program = try RunningProgram(
            ["env"] + faults.environment + (try #require(commands[reader])), in: "/")
        try program.wait { !fileText(scratch.file("log")).isEmpty }
        run.configuration = run.configuration.replacing("total_steps: 2", with: "total_steps: 4")
        try run.finish(["--allow-changes"])
        #expect(try run.checkpoints() == ["step-00000004"])
        let outcome = program.wait()
        try outcome.require()
        let text = outcome.output + outcome.errors
        #expect(text.contains("step-00000004") || text.contains("step 4"), "\(outcome)")
    }

    @Test("checkpoints by the clock come also where the date is set back by an hour")
    func date() throws {
        var run = try Self.run(
            steps: 100_000_000, checkpoint: "every_steps: 0, every_minutes: 0.03, keep_last: 0")
        run.environment = FailingCalls.clock(setBack: 3600)
        let job = try run.start()
        try job.wait { ((try? run.checkpoints()) ?? []).count >= 3 }
        kill(try #require(job.ranks.first), SIGTERM)
        try job.wait().require(75)
        let steps = try run.steps()
        #expect(steps.count > 3)
        #expect(steps.allSatisfy { $0.stepSeconds >= 0 && $0.stepSeconds < 600 })
        let events = fileText(run.path("metrics.jsonl")) + fileText(run.path("summary.json"))
        #expect(events.firstMatch(of: /seconds" ?: ?-/) == nil)
    }
}

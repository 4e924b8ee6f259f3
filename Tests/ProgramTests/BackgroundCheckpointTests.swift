import DurableFiles
import Glibc
import Reporting
import Testing

/// Checkpoints written while training continues.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct BackgroundCheckpointTests {
    private static func run(
        steps: Int = 12, hidden: Int = 32, _ checkpoint: String = "every_steps: 4"
    ) throws -> Run {
        var run = try Run.tiny(steps: steps)
        // One micro-batch a step: ranks agree once a step.
        for (old, new) in [
            ("checkpoint: {every_steps: 0", "checkpoint: {\(checkpoint)"),
            ("micro: 4", "micro: 12"),
            ("hidden_size: 32", "hidden_size: \(hidden)"),
            ("intermediate_size: 56", "intermediate_size: \(hidden == 32 ? 56 : 4 * hidden)"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        return run
    }

    /// Names of events with their steps, in the order of the log.
    private static func order(_ run: Run) -> [String] {
        fileText(run.path("metrics.jsonl")).split(separator: "\n").map { line in
            line.split(separator: ",").prefix(2).joined(separator: " ")
                .filter { !"{}\":".contains($0) }
        }
    }

    @Test(
        "steps continue while a checkpoint is written, and it has the state of its own step",
        arguments: [1, 3])
    func goesOn(ranks: Int) throws {
        let run = try Self.run()
        try run.finish(ranks: ranks)
        let log = Self.order(run)
        for step in [4, 8] {
            // Writing and publishing are two stages, with at least one step in between.
            let published = try #require(log.firstIndex(of: "eventcheckpoint step\(step)"))
            let next = try #require(log.firstIndex(of: "eventstep step\(step + 1)"))
            #expect(published > next, "\(log)")
        }
        // The same bytes as those of a run that waits.
        let waiting = try Self.run("every_steps: 4, background: false")
        try waiting.finish(ranks: ranks)
        for step in [4, 8, 12] {
            #expect(try run.content(step).tensors == waiting.content(step).tensors)
            #expect(try run.content(step).state == waiting.content(step).state)
        }
        for (step, name) in [(4, "step 5"), (8, "step 9")] {
            let log = Self.order(waiting)
            let published = try #require(log.firstIndex(of: "eventcheckpoint step\(step)"))
            let next = try #require(log.firstIndex(of: "eventstep step\(step + 1)"))
            #expect(published < next, "\(name): \(log)")
        }
        for record in try run.events("checkpoint", as: CheckpointRecord.self) {
            #expect(record.bytes > 0 && record.seconds > 0 && record.stalledSeconds > 0)
        }
    }

    @Test("due at every step: one at a time, none skipped", arguments: [1, 3])
    func everyStep(ranks: Int) throws {
        let run = try Self.run("every_steps: 1")
        try run.finish(ranks: ranks)
        let events = try run.events("checkpoint", as: CheckpointRecord.self)
        #expect(events.map(\.step) == Array(1...12))
        try Program.bert(["checkpoint", "verify", run.directory]).require()
    }

    @Test("asked to stop while one is written: it is finished, then that of the last step")
    func stopped() throws {
        let run = try Self.run(steps: 400, hidden: 256, "every_steps: 5")
        let job = try run.start(ranks: 2)
        var pending: [String] = []
        try job.wait {
            pending = ((try? run.checkpoints()) ?? []).filter { $0.hasPrefix(".step-") }
            return !pending.isEmpty
        }
        kill(try #require(job.ranks.last), SIGTERM)
        try job.wait().require(75)
        let last = try #require(try run.steps().last?.step)
        let name = try #require(pending.first).dropFirst().prefix { $0 != "." }
        let left = try run.checkpoints()
        #expect(left.contains(String(name)), "\(left)")
        #expect(try Paths.isDirectory(run.checkpoint(last)))
        #expect(left.allSatisfy { !$0.hasPrefix(".") })
        try Program.bert(["checkpoint", "verify", run.directory]).require()
    }

    /// A limit on the size of files simulates a disk that fills up while a checkpoint is written,
    /// after free space was checked.
    @Test(
        "a disk that fills up in the middle fails the checkpoint, not the run", arguments: [1, 3])
    func filesTooLarge(ranks: Int) throws {
        let run = try Self.run(hidden: 320)
        let whole = try Self.run(hidden: 320)
        try whole.finish(ranks: ranks)
        // 6 MiB: neither model.h5 (10 MB) nor moments fit; the log and the shared memory of MPI do.
        let outcome = try RunningProgram(
            ["sh", "-c", "trap '' XFSZ; ulimit -f 12288; exec \"$@\"", "sh"] + Program.launcher
                + ["-n", "\(ranks)", Program.path("bert-train")] + run.arguments(),
            in: "/"
        ).wait()
        try outcome.require(74)
        let warnings = (outcome.output + outcome.errors).split(separator: "\n")
            .filter { $0.contains("training goes on") }
        // Those of steps 4 and 8; that of the end is an error.
        #expect(warnings.count == 2, "\(outcome)")
        #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(outcome)")
        #expect(try run.steps().count == 12)
        #expect(try run.checkpoints().isEmpty)
        try run.finish(ranks: ranks)
        #expect(try run.content(12) == whole.content(12))
        #expect(try run.losses() == whole.losses())
    }
}

extension Program {
    /// Runs `bert`.
    fileprivate static func bert(_ arguments: [String]) throws -> Outcome {
        try RunningProgram([path("bert")] + arguments, in: "/").wait()
    }
}

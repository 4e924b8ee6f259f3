import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// Ranks that stop answering end their job, which then resumes from its last checkpoint.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct WatchdogTests {
    private static func run(steps: Int) throws -> Run {
        var run = try Run.tiny(steps: steps)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 5")
        return run
    }

    @Test("a rank that hangs is named, and the job ends", arguments: [0, 2])
    func stopped(rank: Int) throws {
        let run = try Self.run(steps: 100_000)
        // Long enough for a busy machine's slow starts.
        let job = try run.start(ranks: 3, ["--set", "parallel.timeout=6"])
        try job.wait { ((try? run.checkpoints()) ?? []).count > 1 }
        kill(job.orderedRanks[rank], SIGSTOP)
        let outcome = job.wait()
        #expect(outcome.status != 0 && outcome.status != 75, "\(outcome)")
        let lines = outcome.errorLines(with: "no longer answers")
        #expect(lines.count == 1, "\(outcome)")
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, 255)
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self)
        let line = lines.first ?? ""
        #expect(line.contains("rank \(rank) on \(name)"), "\(line)")
        #expect(line.contains("rank 1 on \(name) waits in "), "\(line)")
        #expect(line.contains("step "), "\(line)")

        // The work up to the last checkpoint is there.
        let steps = try run.steps().count
        let last = try #require(try run.checkpoints().last)
        var shorter = run
        shorter.configuration = shorter.configuration.replacing(
            "total_steps: 100000", with: "total_steps: \(steps + 5)")
        let resumed = try shorter.train(ranks: 2, ["--allow-changes"])
        try resumed.require()
        #expect((resumed.output + resumed.errors).contains(last), "\(resumed)")
    }

    @Test("a job that is suspended as a whole continues")
    func suspended() throws {
        let run = try Self.run(steps: 400)
        let job = try run.start(ranks: 3, ["--set", "parallel.timeout=1"])
        try job.wait { ((try? run.checkpoints()) ?? []).count > 1 }
        let ranks = job.ranks
        for process in ranks { kill(process, SIGSTOP) }
        sleep(4)
        for process in ranks { kill(process, SIGCONT) }
        try job.wait().require()
    }

    /// `bert-train check` on three ranks, whose first takes long to open the manifest of the corpus.
    private func check(
        _ run: Run, milliseconds: Int, log: String
    ) throws -> RunningProgram {
        var faults = FailingCalls(calls: ["open"], path: "corpus/manifest.json")
        (faults.delay, faults.rank, faults.log) = (milliseconds, 0, log)
        return try Program.start(
            ranks: 3, ["check", "--no-benchmark"] + run.arguments().dropFirst(),
            environment: faults.environment + ["BERT_START_TIMEOUT=1"])
    }

    @Test(
        "a rank that works may be waited for longer than the timeout",
        .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
    func working() throws {
        let scratch = TemporaryDirectory()
        let run = try Run.tiny()
        let outcome = try check(run, milliseconds: 6000, log: scratch.file("log")).wait()
        // Its files must exist until here.
        withExtendedLifetime(run) {}
        try outcome.require()
        #expect(!outcome.errors.contains("no longer answers"), "\(outcome)")
    }

    @Test(
        "a rank that hangs while one works is named",
        .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"), arguments: [0, 2])
    func stoppedWhileWorking(rank: Int) throws {
        let scratch = TemporaryDirectory()
        let run = try Run.tiny()
        let job = try check(run, milliseconds: 60_000, log: scratch.file("log"))
        try job.wait { !fileText(scratch.file("log")).isEmpty }
        kill(job.orderedRanks[rank], SIGSTOP)
        let outcome = job.wait()
        withExtendedLifetime(run) {}
        #expect(outcome.status != 0 && outcome.status != 75, "\(outcome)")
        let lines = outcome.errorLines(with: "no longer answers")
        #expect(lines.count == 1 && lines[0].contains("rank \(rank) on "), "\(outcome)")
        if rank == 2 {
            #expect(outcome.errors.contains("is checking the files"), "\(outcome)")
        }
    }

    @Test("a rank that dies ends the job, whichever it is", arguments: [0, 1, 2])
    func dead(rank: Int) throws {
        let run = try Self.run(steps: 1_000_000)
        // The watchdog would take longer than a test may.
        let job = try run.start(ranks: 3, ["--set", "parallel.timeout=100000"])
        try job.wait { ((try? run.checkpoints()) ?? []).count > 1 }
        kill(job.orderedRanks[rank], SIGKILL)
        #expect(job.wait().status != 0)
        #expect(job.ranks.isEmpty)
    }
}

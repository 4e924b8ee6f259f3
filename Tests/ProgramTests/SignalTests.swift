import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing
import Tokenization

/// Runs that are asked to stop during long work.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct SignalTests {
    /// A run whose steps take seconds: many micro-batches of a model that is not so small.
    private static func slowRun(steps: Int) throws -> Run {
        var run = try Run.tiny(steps: steps)
        for (old, new) in [
            ("batch: {global: 12, micro: 4}", "batch: {global: 120, micro: 1}"),
            ("hidden_size: 32", "hidden_size: 256"),
            ("intermediate_size: 56", "intermediate_size: 1024"),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        return run
    }

    @Test("a step is interrupted, discarded, and repeated", arguments: [1, 3])
    func brokenOff(ranks: Int) throws {
        let whole = try Self.slowRun(steps: 3)
        try whole.finish(ranks: ranks)
        let run = try Self.slowRun(steps: 3)
        let job = try run.start(ranks: ranks)
        try job.wait { (try? run.steps().count == 1) ?? false }
        usleep(200_000)
        kill(try #require(job.ranks.last), SIGUSR2)
        try job.wait().require(75)
        // All finished work is in the checkpoint, and it is no more than the log says.
        let last = try #require(try run.steps().last?.step)
        #expect(last < 3)
        #expect(try run.checkpoints() == ["step-0000000\(last)"])
        try run.finish(ranks: ranks)
        #expect(try run.content(3) == whole.content(3))
        #expect(try run.losses() == whole.losses())
    }

    @Test("a step that would take hours is interrupted before the first update", arguments: [1, 2])
    func longStep(ranks: Int) throws {
        var run = try Self.slowRun(steps: 2)
        run.configuration = run.configuration.replacing("global: 120", with: "global: 30000")
        let job = try run.start(ranks: ranks)
        try job.wait { try Paths.exists(run.path("config.yaml")) }
        usleep(500_000)
        kill(try #require(job.ranks.first), SIGTERM)
        try job.wait().require(75)
        #expect(try run.steps().isEmpty)
        #expect(try run.checkpoints() == ["step-00000000"])
    }

    @Test("an evaluation is interrupted, and repeated after resuming", arguments: [1, 2])
    func evaluation(ranks: Int) throws {
        let scratch = TemporaryDirectory()
        let vocabulary = try TinyCorpus.vocabulary()
        let (train, heldout) = (scratch.file("train.h5"), scratch.file("heldout.h5"))
        try NvidiaRows(rows: 48, length: 32, vocabularySize: vocabulary.count).write(train)
        try NvidiaRows(rows: 60_000, length: 32, vocabularySize: vocabulary.count).write(heldout)
        var run = try Run.tiny(steps: 3)
        let corpus = try TinyCorpus.path()
        for (old, new) in [
            (
                "train: [\"\(corpus)\"], sequence_length: 32",
                "train: [\"\(train)\"], heldout: [\"\(heldout)\"], format: nvidia_hdf5, "
                    + "order: sequential"
            ),
            (", unit: whole_word", ""),
            ("model: {", "model: {vocabulary: \"\(corpus)/vocab.txt\", "),
            (
                "evaluation: {every_steps: 0}",
                "evaluation: {every_steps: 2, max_sequences: 1000000}"
            ),
        ] { run.configuration = run.configuration.replacing(old, with: new) }
        let job = try run.start(ranks: ranks)
        try job.wait { (try? run.steps().count == 2) ?? false }
        usleep(200_000)
        kill(try #require(job.ranks.last), SIGTERM)
        try job.wait().require(75)
        #expect(try run.events("evaluation", as: Step.self).isEmpty)
        #expect(try run.checkpoints() == ["step-00000002"])

        // Resumed on a few of the samples: the evaluation of step 2 comes first, then step 3.
        run.configuration = run.configuration.replacing(
            "max_sequences: 1000000", with: "max_sequences: 8")
        try run.finish(ranks: ranks)
        #expect(try run.events("evaluation", as: Step.self).map(\.step) == [2, 3])
        #expect(try run.steps().map(\.step) == [1, 2, 3])
    }

    private struct Step: Decodable { var step: Int }

    /// UCX, below MPI, interprets SIGHUP as a request to debug while it is loaded.
    @Test(
        "a closed terminal and the end of the processor time stop a run as SIGTERM does",
        arguments: [(SIGHUP, "SIGHUP"), (SIGXCPU, "SIGXCPU")], [1, 2])
    func terminal(signal: (number: Int32, name: String), ranks: Int) throws {
        let run = try Run.tiny(steps: 1_000_000)
        let job = try run.start(ranks: ranks)
        try job.wait { (try? !run.steps().isEmpty) ?? false }
        kill(try #require(job.ranks.last), signal.number)
        let outcome = job.wait()
        try outcome.require(75)
        if ranks == 1 {
            #expect(
                (outcome.output + outcome.errors).contains("stopped by \(signal.name)"),
                "\(outcome)")
        }
        #expect(try run.checkpoints().count == 1)
    }

    @Test("a run under nohup takes no notice of SIGHUP")
    func ignoredHangUp() throws {
        let run = try Run.tiny(steps: 1_000_000)
        let job = try RunningProgram(
            ["nohup", Program.path("bert-train")] + run.arguments([]), in: "/")
        try job.wait { (try? !run.steps().isEmpty) ?? false }
        let process = try #require(job.ranks.first)
        kill(process, SIGHUP)
        let steps = try run.steps().count
        try job.wait { (try? run.steps().count > steps + 10) ?? false }
        kill(process, SIGTERM)
        try job.wait().require(75)
    }

    /// Rank 1 is stopped, so rank 0 waits for it, and no agreement to stop is possible.
    @Test("a second signal ends the process at once, and the last checkpoint stays good")
    func second() throws {
        var run = try Run.tiny(steps: 1_000_000)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 5")
        let job = try run.start(ranks: 2)
        try job.wait { (try? run.steps().count > 20) ?? false }
        let ranks = job.orderedRanks
        kill(ranks[1], SIGSTOP)
        try job.wait(untilIdle: ranks[0]) { fileText(run.path("metrics.jsonl")).utf8.count }

        // Two signals at once count as one and its copy.
        kill(ranks[0], SIGSTOP)
        kill(ranks[0], SIGTERM)
        kill(ranks[0], SIGUSR1)
        kill(ranks[0], SIGCONT)
        sleep(4)
        #expect(job.orderedRanks == ranks)
        let steps = try run.steps().count
        kill(ranks[0], SIGTERM)
        try job.wait().require(128 + SIGTERM)
        #expect(try run.steps().count == steps)

        let last = try #require(try run.checkpoints().last)
        run.configuration = run.configuration.replacing("1000000", with: "\(steps + 5)")
        let resumed = try run.train(ranks: 2, ["--allow-changes"])
        try resumed.require()
        #expect((resumed.output + resumed.errors).contains("\(last): step"), "\(resumed)")
        #expect(try run.steps().map(\.step) == Array(1...steps + 5))
    }

    @Test("--time-left: stops with a checkpoint before the time is over", arguments: [1, 2])
    func timeLeft(ranks: Int) throws {
        let run = try Run.tiny(steps: 1_000_000)
        let outcome = try run.train(ranks: ranks, ["--time-left", "0:07"])
        try outcome.require(75)
        #expect((outcome.output + outcome.errors).contains("the end of its time"), "\(outcome)")
        let last = try #require(try run.steps().last?.step)
        #expect(try Paths.isDirectory(run.checkpoint(last)))
    }

    @Test("SLURM's own end time counts, too")
    func schedulerTime() throws {
        let run = try Run.tiny(steps: 1_000_000)
        let command =
            ["env", "SLURM_JOB_END_TIME=\(time(nil) + 7)", Program.path("bert-train")]
            + (try run.arguments(["--time-left", "1-00:00:00"]))
        let outcome = try RunningProgram(command, in: "/").wait()
        try outcome.require(75)
        #expect((outcome.output + outcome.errors).contains("the end of its time"), "\(outcome)")
    }

    @Test("a time that is none is refused")
    func badTime() throws {
        let outcome = try Run.tiny().train(["--time-left", "soon"])
        try outcome.require(64)
        #expect(outcome.errors.contains("--time-left"), "\(outcome)")
    }
}

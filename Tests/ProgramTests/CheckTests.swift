import DurableFiles
import FoundationEssentials
import TemporaryDirectories
import Testing
import Tokenization

/// `bert-train check` reports everything wrong with a run, and its requirements, without starting
/// it.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct CheckTests {
    private struct Report: Decodable {
        struct Problem: Decodable {
            var message: String
            var exitStatus: Int32
        }
        struct Phase: Decodable {
            var steps: Int
            var epochs: Double
        }
        struct Seconds: Decodable { var seconds: Double }
        var exitStatus: Int32
        var problems: [Problem]
        var resumeStep: Int?
        var parameters: Int?
        var memoryBytesPerRank: Int?
        var checkpointBytes: Int?
        var checkpointsKept: Int?
        var phases: [Phase]?
        var secondsPerStep: [Seconds]?
        var estimatedSeconds: Double?
    }

    /// Checks `run`; the status of program and report must be equal, and nothing may be written.
    private func check(
        _ run: Run, ranks: Int? = nil, _ more: [String] = []
    ) throws -> (report: Report, outcome: Outcome) {
        let scratch = TemporaryDirectory()
        let file = scratch.file("check.json")
        let existed = try Paths.exists(run.directory)
        let arguments = try ["check"] + run.arguments().dropFirst() + more + ["--json", file]
        let outcome = try Program.train(ranks: ranks, arguments)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try #require(
            try? decoder.decode(Report.self, from: Data(fileBytes(file))), "\(outcome)")
        #expect(report.exitStatus == outcome.status, "\(outcome)")
        #expect(try Paths.exists(run.directory) == existed)
        for problem in report.problems {
            let first = problem.message.split(separator: "\n")[0]
            #expect(outcome.output.contains(first), "\(outcome)")
        }
        return (report, outcome)
    }

    @Test("a sound run: what it will take", arguments: [1, 2])
    func sound(ranks: Int) throws {
        let run = try Run.tiny(steps: 40, "phases: [{}, {data: {sequence_length: 16}}]")
        let (report, outcome) = try check(run, ranks: ranks)
        try outcome.require()
        #expect(report.problems.isEmpty && outcome.output.contains("no problems found"))
        #expect(report.phases?.map(\.steps) == [40, 40])
        #expect(report.phases?.allSatisfy { $0.epochs > 0.1 } == true)
        let parameters = try #require(report.parameters)
        #expect(report.checkpointBytes == 12 * parameters)
        #expect(report.checkpointsKept == 1, "none on the way")
        #expect(try #require(report.memoryBytesPerRank) > 16 * parameters)
        let seconds = try #require(report.secondsPerStep).map(\.seconds)
        #expect(seconds.count == 2 && seconds.allSatisfy { $0 > 0 && $0.isFinite })
        let total = try #require(report.estimatedSeconds)
        #expect(abs(total - 40 * (seconds[0] + seconds[1])) < 1e-6 * total)
    }

    @Test("the numbers of the run itself, of ranks that are not there")
    func otherRanks() throws {
        let run = try Run.tiny(steps: 4)
        let (report, outcome) = try check(run, ["--ranks", "6", "--no-benchmark"])
        try outcome.require()
        #expect(outcome.output.contains("6 ranks x 1 thread"))
        #expect(report.secondsPerStep == nil)
        let (refused, _) = try check(run, ["--ranks", "64"])
        #expect(refused.exitStatus == 78)
        #expect(refused.problems.map(\.message).contains { $0.contains("less than the 64 ranks") })
    }

    @Test("all problems are reported at once")
    func problems() throws {
        let scratch = TemporaryDirectory()
        let damaged = scratch.file("corpus")
        try FileManager.default.copyItem(atPath: TinyCorpus.path(), toPath: damaged)
        let shard = try #require(try Paths.names(in: damaged).first { $0.hasSuffix(".h5") })
        var bytes = try fileBytes(Paths.join(damaged, shard))
        bytes[bytes.count / 2] ^= 1
        try WholeFiles.writeAtomically(Paths.join(damaged, shard), bytes)
        let other = try scratch.write("vocab.txt", TinyCorpus.vocabulary().text + "surplus\n")
        let run = try Run.tiny(steps: 2)
        let settings = try [
            "data.train=[/no/corpus, \(damaged), \(TinyCorpus.path())]",
            "data.heldout=[/no/heldout]", "model.vocabulary=\(other)",
        ]
        let (report, outcome) = try check(run, ranks: 2, settings.flatMap { ["--set", $0] })
        for part in [
            "data.train: there is no /no/corpus", "data.heldout: there is no /no/heldout", shard,
            "model.vocabulary (\(other)) is another vocabulary",
        ] {
            #expect(
                report.problems.count { $0.message.contains(part) } == 1, "\(part)\n\(outcome)")
        }
        #expect(report.problems.map(\.exitStatus) == [66, 66, 65, 78], "\(outcome)")
        #expect(outcome.status == 66)
    }

    @Test("a run that would resume, and one that would be rejected for its settings")
    func resuming() throws {
        let run = try Run.tiny(steps: 3)
        try run.finish()
        let (report, outcome) = try check(run, ["--no-benchmark"])
        try outcome.require()
        #expect(report.resumeStep == 3)
        let (refused, _) = try check(run, ["--set", "optimizer.learning_rate=5e-4"])
        #expect(refused.problems.map(\.message).contains { $0.contains("0.001 -> 0.0005") })
        #expect(refused.exitStatus == 78)
    }

    @Test("mistakes in the configuration and in the files it names are reported at once")
    func mistakes() throws {
        var run = try Run.tiny(steps: 2)
        run.configuration = run.configuration.replacing("seed: 7", with: "sed: 7")
            .replacing("sequence_length: 32", with: "sequence_length: 32, heldout: [/no/heldout]")
        let (report, outcome) = try check(
            run, ranks: 2,
            ["batch.micro=0", "model.vocabulary=/no/vocab.txt", "batch.global", "optimizer.lr=1"]
                .flatMap { ["--set", $0] })
        let parts = [
            "--set batch.global: there is no =", "unknown key run.sed", "batch.micro must be",
            "unknown key optimizer.lr", "there is no /no/heldout", "there is no /no/vocab.txt",
        ]
        for part in parts {
            #expect(
                report.problems.count { $0.message.contains(part) } == 1, "\(part)\n\(outcome)")
        }
        #expect(report.problems.count == parts.count, "\(outcome)")
        // The status of the first problem.
        #expect(report.problems.map(\.exitStatus) == [78, 78, 78, 78, 66, 66])
        #expect(outcome.status == 78)
    }

    @Test(
        "no consequence of a mistake is reported: neither a problem nor a number",
        arguments: [
            // The intended data is unknown, so neither data nor vocabulary is reported missing.
            "data.train={a: b}",
            // 6 masks would be more than the 5 tokens of the default length, if that were shorter.
            "data.sequence_length=long",
            // The sizes, and so the memory, are unknown.
            "model.hidden_size=wide", "model.hiden_size=32", "model.num_attention_heads=0",
            // 100 ranks are too many for the default batch, if it were the intended one.
            "batch.global=many", "phases=[{data: {sequence_length: x}}]", "phases=5",
            // The run directory is given, so that its checkpoints can be found.
            "run.name=[]", "precision.loss_scale={initial: x}", "data.format=text",
            "schedule.warmup_steps=-1", "model.initialize_from={a: b}", "model=5", "=5",
        ])
    func consequences(argument: String) throws {
        let run = try Run.tiny(steps: 2)
        let (report, outcome) = try check(run, ["--set", argument, "--ranks", "3"])
        #expect(report.problems.count == 1 && report.exitStatus == 78, "\(outcome)")
        #expect(report.memoryBytesPerRank == nil && report.estimatedSeconds == nil, "\(outcome)")
    }

    @Test("checks that do not depend on the mistakes still run")
    func beside() throws {
        let run = try Run.tiny(steps: 2)
        let scratch = TemporaryDirectory()
        let other = try scratch.write("vocab.txt", TinyCorpus.vocabulary().text + "surplus\n")
        let (report, outcome) = try check(
            run,
            ["evaluation.every_steps=x", "model.vocabulary=\(other)", "model.hidden_size=33"]
                .flatMap { ["--set", $0] } + ["--ranks", "64"])
        for part in [
            "evaluation.every_steps must be", "model.hidden_size (33) must be a multiple",
            "less than the 64 ranks",
        ] {
            #expect(report.problems.count { $0.message.contains(part) } == 1, "\(part) \(outcome)")
        }
        // Another vocabulary is detected even if a key of another section is wrong.
        let (second, more) = try check(
            run,
            ["evaluation.every_steps=x", "model.vocabulary=\(other)"].flatMap { ["--set", $0] })
        #expect(second.problems.map(\.exitStatus) == [78, 78], "\(more)")
        #expect(second.problems.last?.message.contains("is another vocabulary") == true, "\(more)")
    }

    @Test("a file that cannot be read at all ends the check, with the arguments that cannot either")
    func unreadable() throws {
        var run = try Run.tiny()
        run.configuration = "batch: ["
        let outcome = try Program.train(
            ["check"] + run.arguments().dropFirst() + ["--set", "batch.micro"])
        try outcome.require(78)
        #expect(outcome.errors.contains("not YAML") && outcome.errors.contains("there is no ="))
    }

    @Test("a damaged model is reported together with missing data")
    func modelBesideData() throws {
        let run = try Run.tiny()
        let scratch = TemporaryDirectory()
        try Paths.createDirectory(scratch.file("model"))
        let (report, outcome) = try check(
            run,
            ["data.train=[/no/corpus]", "model.initialize_from=\(scratch.file("model"))"]
                .flatMap { ["--set", $0] })
        #expect(report.problems.count == 2, "\(outcome)")
        #expect(report.problems[0].message.contains("/no/corpus"))
        #expect(report.problems[1].message.contains(scratch.file("model")), "\(outcome)")
    }
}

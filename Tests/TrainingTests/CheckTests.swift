import DurableFiles
import FoundationEssentials
import TemporaryDirectories
import Testing
import Tokenization

/// `bert-train check` tells all that is wrong with a run, and what it will take, without starting it.
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

    /// Checks `run`; the status of program and report must be the same, and nothing may be written.
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

    @Test("everything that is wrong is told at once")
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

    @Test("a run that would go on, and one that would be refused for its settings")
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

    @Test("a configuration with mistakes ends as it would end the run")
    func mistakes() throws {
        let run = try Run.tiny()
        let outcome = try Program.train(
            ["check"] + run.arguments().dropFirst() + ["--set", "batch.micro=0"])
        try outcome.require(78)
        #expect(outcome.errors.contains("batch.micro must be"))
    }
}

import DurableFiles
import FoundationEssentials
import TemporaryDirectories
import Testing

/// `bert-train check` of a fine-tuning file reports all problems, and the fan-out's requirements.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FineTuningCheckTests {
    private struct Report: Decodable {
        struct Task: Decodable {
            struct Schedule: Decodable, Equatable {
                var epochs: Int
                var steps: Int
                var evaluations: Int
            }
            var name: String
            var trainInputs: Int
            var labels: Int
            var fullShare: Double
            var trialsPerModel: Int
            var stepsPerEpoch: Int
            var schedules: [Schedule]
        }
        struct Measurement: Decodable {
            var task: String
            var model: String
            var secondsPerStep: Double
            var secondsPerEvaluation: Double
        }
        var trials: Int
        var ranks: Int
        var groups: Int
        var tasks: [Task]
        var memoryBytesPerRank: Int?
        var modelBytes: Int?
        var stateBytes: Int?
        var diskBytes: Int?
        var freeBytes: Int?
        var measurements: [Measurement]?
        var estimatedSeconds: Double?
    }

    private let scratch = TemporaryDirectory()

    private func check(_ fanOut: FanOut, ranks: Int? = nil, _ more: [String] = []) throws -> Outcome
    {
        try Program.train(
            ranks: ranks,
            ["check"] + fanOut.arguments(more).dropFirst() + ["--json", scratch.file("check.json")])
    }

    private func report() throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(fileBytes(scratch.file("check.json"))))
    }

    @Test("a sound fan-out: its steps, memory, disk and time", arguments: [1, 2])
    func sound(ranks: Int) throws {
        let fanOut = try FanOut(
            ["class", "tags", "questions"],
            "seeds: [1, 2]\nepochs: [1, 3]\nearly_stopping: {evaluations_per_epoch: 2}")
        let outcome = try check(fanOut, ranks: ranks)
        try outcome.require()
        #expect(outcome.output.contains("no problems found"))
        let found = try report()
        #expect(found.trials == 12 && found.ranks == ranks && found.groups == ranks)
        #expect(found.tasks.map(\.name) == ["class", "tags", "questions"])
        #expect(found.tasks.map(\.labels) == [2, 3, 0])
        #expect(found.tasks.allSatisfy { $0.trainInputs >= 60 && $0.fullShare == 0 })
        // 60 sentences in batches of 8.
        #expect(found.tasks[0].stepsPerEpoch == 8 && found.tasks[0].trialsPerModel == 4)
        #expect(
            found.tasks[0].schedules == [
                .init(epochs: 1, steps: 8, evaluations: 2),
                .init(epochs: 3, steps: 24, evaluations: 6),
            ])
        #expect(try #require(found.memoryBytesPerRank) > 100_000)
        let (models, states) = try (#require(found.modelBytes), #require(found.stateBytes))
        // Parameters, two moments and the best parameters, and the previous state: each of a
        // model's size.
        #expect(abs(states - ranks * 8 * models / 3) < ranks * 100_000, "\(models) \(states)")
        #expect(try #require(found.diskBytes) > models + states && found.freeBytes != nil)
        let measured = try #require(found.measurements)
        #expect(measured.map(\.task) == ["class", "tags", "questions"])
        #expect(measured.allSatisfy { $0.secondsPerStep > 0 && $0.secondsPerEvaluation > 0 })
        let trials = zip(found.tasks, measured).flatMap { task, measured in
            task.schedules.map {
                Double($0.steps) * measured.secondsPerStep
                    + Double($0.evaluations) * measured.secondsPerEvaluation
            }
        }
        let work = 2 * trials.reduce(0, +)
        let total = try #require(found.estimatedSeconds)
        let least = max(work / Double(ranks), try #require(trials.max()))
        #expect(total >= 0.999 * least && total <= 1.34 * least, "\(total) \(trials)")
        #expect(try !Paths.exists(fanOut.directory))
    }

    @Test("the groups of ranks that are not there, and no estimate without a measurement")
    func otherRanks() throws {
        let fanOut = try FanOut(["class"], "seeds: [1, 2, 3]\nepochs: [1]\nranks_per_trial: 2")
        let outcome = try check(fanOut, ["--ranks", "7", "--no-benchmark"])
        try outcome.require()
        let found = try report()
        #expect(found.ranks == 7 && found.groups == 3 && found.estimatedSeconds == nil)
        #expect(outcome.output.contains("3 groups of 2 ranks") && outcome.output.contains("idle"))
        // No more states than concurrent trials.
        let one = try #require(found.modelBytes)
        #expect(try abs(#require(found.stateBytes) - 3 * 8 * one) < 100_000)
    }

    @Test("all problems of files and models are reported", arguments: [1, 2])
    func problems(ranks: Int) throws {
        let fanOut = try FanOut(["class", "tags", "questions"], "seeds: [1, 2]\nepochs: [1]")
        func check(_ more: [String]) throws -> Outcome {
            try self.check(fanOut, ranks: ranks, more)
        }
        let short = try check(["--set", "tasks.0.sequence_length=8", "--no-benchmark"])
        #expect(short.output.contains("100.0% take all 8 tokens"), "\(short)")
        let wrong = try check([
            "--set", "tasks.0.train=/no/train.tsv", "--set", "tasks.1.evaluate=/no/test.conll",
            "--set", "tasks.2.sequence_length=64",
        ])
        try wrong.require(66)
        for part in [
            "task class: there is no file /no/train.tsv",
            "task tags: there is no file /no/test.conll",
            "task questions (sequence_length 64) does not fit the model",
        ] {
            #expect(wrong.output.contains(part), "\(wrong)")
        }
        // Problems of a model listed after a good one are also found, and the good one's check
        // continues.
        let broken = scratch.file("broken")
        try Paths.createDirectory(broken)
        let models = try check([
            "--set", "checkpoints=[\(FanOutFixture.shared.get().model), \(broken)]",
        ])
        try models.require(66)
        #expect(models.output.contains("broken: "), "\(models)")
        #expect(try !Paths.exists(fanOut.directory))
    }

    @Test(
        "mistakes in the file and in the files it names are reported at once, without consequences"
    )
    func mistakes() throws {
        let fixture = try FanOutFixture.shared.get()
        let good = try fixture.file("fine.tsv", "sentence\tlabel\na\tx\nb\ty\n")
        var fanOut = try FanOut(["class"], "")
        fanOut.configuration = """
            checkpoints: [\(fixture.model), /no/model]
            tasks:
              - {name: a, train: /no/a.tsv, evaluate: \(good), lables: [x]}
              - {name: b, train: \(good), evaluate: \(good), columns: {label: colour}}
              - {name: c, train: \(good), evaluate: \(good), sequence_length: long}
              - {name: b, train: \(good), evaluate: \(good), sequence_length: 4096}
            sequence_length: 24
            learning_rate: [1.0e-4]
            """
        let outcome = try check(fanOut, ["--set", "seeds"])
        try outcome.require(78)
        for text in [
            "--set seeds: there is no =", "unknown key tasks[0].lables",
            "unknown key learning_rate",
            "tasks[2].sequence_length must be", "task a: there is no file /no/a.tsv",
            "no column colour", "task b (sequence_length 4096) does not fit",
            "tasks[3].name: there is another b", "checkpoints[1].name: there is another model",
            "model model: /no/model",
        ] {
            #expect(
                outcome.output.split(separator: "\n").count { $0.contains(text) } == 1,
                "\(text): \(outcome)")
        }
        #expect(outcome.output.contains("10 problems:"), "\(outcome)")
        for text in ["memory  ", "disk  ", "time  ", "trials  "] {
            #expect(!outcome.output.contains(text), "\(text): \(outcome)")
        }
        #expect(try !Paths.exists(fanOut.directory))
    }

    @Test(
        "no consequence of a mistake is reported",
        arguments: [
            "tasks.0.train={a: b}", "tasks.0.trian=x", "tasks=5",
            "checkpoints=[{path: [], name: x}]",
            "sequence_length=x", "seeds=[x]", "precision=x", "batch_size=x", "name=[]",
            "micro_batch_size=0", "ranks_per_trial=0", "tasks.0.labels=[one]", "=5",
        ])
    func consequences(argument: String) throws {
        let fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        let outcome = try check(fanOut, ["--set", argument])
        try outcome.require(78)
        #expect(outcome.output.contains("1 problem:"), "\(outcome)")
        #expect(!outcome.output.contains("memory  "), "\(outcome)")
    }
}

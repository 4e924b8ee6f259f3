import DurableFiles
import Glibc
import Testing

/// Fine-tuning by the real program: many trials, on several ranks.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FanOutTests {
    @Test("every kind of task is learned, and answers are given")
    func kinds() throws {
        let names = ["class", "multi", "number", "choice", "tags", "questions"]
        let fanOut = try FanOut(
            names, "seeds: [1]\nepochs: [12]\nlearning_rates: [3.0e-3]\nwarmup: 0.1")
        try fanOut.run(ranks: 2).require()
        let trials = try fanOut.trials()
        #expect(trials.map(\.status) == names.map { _ in "done" })
        // A model that sees single words must have learned whatever they determine.
        let scores = try ["accuracy", "micro_f1", "", "", "entity_f1"].enumerated().map {
            try $1.isEmpty ? 1 : #require(trials[$0].scores?[$1] ?? nil)
        }
        #expect(scores.allSatisfy { $0 > 0.9 }, "\(scores)")
        let lines = [
            "class": "the fox lives near the hill", "multi": "the owl lives near the garden",
            "number": "the owl lives near the garden\tthe fox lives near the hill",
            "tags": "the owl lives near the garden",
            "choice": "the owl lives near the garden\tgarden\triver",
            "questions": "where is the owl\tthe owl lives near the garden",
        ]
        let expected = [
            "class": "\"label\":\"yes\"", "multi": "\"labels\":[\"late\"]",
            "number": "{\"score\":", "choice": "\"choice_probabilities\":[",
            "tags": "\"tags\":[\"O\",\"B-ANI\",\"O\",\"O\",\"O\",\"B-PLA\"]",
            "questions": "\"answer\":",
        ]
        for name in names {
            let line = try #require(lines[name])
            let outcome = try fanOut.predict(name, [line, "", line])
            try outcome.require()
            let answers = outcome.output.split(separator: "\n")
            // An empty line has an empty answer.
            #expect(answers.count == 3 && answers[0] == answers[2] && answers[1] == "{}")
            #expect(answers[0].contains(try #require(expected[name])), "\(name): \(answers[0])")
        }
        // A byte order mark before the first line is not part of its text.
        let object = "{\"text\": \"the fox\"}"
        let marked = try fanOut.predict("class", ["\u{FEFF}" + object, object])
        try marked.require()
        let answers = marked.output.split(separator: "\n")
        #expect(answers.count == 2 && answers[0] == answers[1])
        // Neither matches the model's training data.
        for (name, line) in [("class", "the owl\tthe fox"), ("number", "the owl")] {
            let refused = try fanOut.predict(name, ["", line])
            #expect(refused.status == 65 && refused.output == "{}\n", "\(refused)")
            #expect(refused.errorLines(with: ":2: is ").count == 1, "\(refused)")
        }
    }

    @Test("24 trials on 3 ranks, one of which crashes; stopped in the middle, and gone on with")
    func preemption() throws {
        let settings = """
            seeds: [1, 2, 3, 4]
            learning_rates: [1.0e-3, 2.0e-3, 3.0e-3]
            epochs: [6]
            """
        let crash = "tags/tiny/lr0.002-epochs6-seed3"
        var whole = try FanOut(["class", "tags"], settings)
        whole.environment = ["BERT_TEST_FAIL_TRIAL=\(crash)"]
        try whole.run().require(65)
        var fanOut = try FanOut(["class", "tags"], settings)
        fanOut.environment = whole.environment
        let job = try fanOut.start(ranks: 3)
        try job.wait { (try? fanOut.trials().contains { $0.status == "done" }) ?? false }
        kill(try #require(job.orderedRanks.last), SIGTERM)
        try job.wait().require(75)
        let waiting = try fanOut.trials().count { $0.status == "waiting" }
        #expect(waiting > 0)
        try fanOut.run(ranks: 3).require(65)
        let trials = try fanOut.trials()
        #expect(trials.count == 24)
        #expect(trials.filter { $0.status == "failed" }.map(\.key) == [crash])
        #expect(trials.first { $0.key == crash }?.failures == 2)
        #expect(trials.count { $0.status == "done" } == 23)
        #expect(try trials == whole.trials())
        let table = fileText(fanOut.path("results.md"))
        #expect(table.contains("| class ") && table.contains("(1 failed)"))
        for task in ["class", "tags"] {
            let model = "models/\(task)/model.safetensors"
            #expect(try fileBytes(fanOut.path(model)) == fileBytes(whole.path(model)))
        }
    }

    @Test("more ranks for a trial change rounding only", arguments: ["class", "choice", "tags"])
    func ranksPerTrial(task: String) throws {
        let settings = "seeds: [5]\nepochs: [2]\nlearning_rates: [1.0e-3]"
        let key = "\(task)/tiny/lr0.001-epochs2-seed5"
        let alone = try FanOut([task], settings)
        try alone.run().require()
        let expected = try alone.losses(key)
        for ranks in [2, 3] {
            let shared = try FanOut([task], settings + "\nranks_per_trial: \(ranks)")
            try shared.run(ranks: ranks).require()
            #expect(relativeDifference(try shared.losses(key), expected) < 1e-4)
        }
    }

    @Test("16-bit activations learn the same", arguments: ["bf16", "fp16"])
    func precision(type: String) throws {
        let fanOut = try FanOut(
            ["class"],
            "seeds: [1]\nepochs: [12]\nlearning_rates: [3.0e-3]\nprecision: \(type)")
        try fanOut.run().require()
        #expect(try #require(fanOut.trials()[0].scores?["accuracy"] ?? nil) > 0.9)
    }

    @Test("a trial stops where it no longer improves")
    func earlyStopping() throws {
        let fanOut = try FanOut(
            ["class"],
            """
            seeds: [1]
            epochs: [40]
            learning_rates: [3.0e-3]
            early_stopping: {patience: 2, evaluations_per_epoch: 2}
            """)
        try fanOut.run().require()
        let trial = try fanOut.trials()[0]
        #expect(try #require(trial.evaluations) < 80)
        #expect(trial.scores?["accuracy"] ?? nil != nil)
    }

    @Test("a fan-out that grows computes what is new, and nothing else")
    func growth() throws {
        let first = "learning_rates: [1.0e-3]\nepochs: [1]\n"
        var fanOut = try FanOut(["class"], first + "seeds: [1, 2]")
        try fanOut.run().require()
        let before = try fanOut.trials()
        fanOut.configuration = fanOut.configuration.replacing("[1, 2]", with: "[1, 2, 3]")
        let outcome = try fanOut.run()
        try outcome.require()
        #expect(outcome.output.contains("2 trials done, 0 failed, 1 waiting"))
        #expect(try Array(fanOut.trials().prefix(2)) == before)
    }

    @Test("a start that fails reports its reason once")
    func refusals() throws {
        let cases: [(change: (String, String), status: Int32, text: String)] = [
            (("class.tsv", "absent.tsv"), 66, "there is no file"),
            (("sequence_length: 24", "sequence_length: 400"), 78, "longer than its 40 positions"),
            (("seeds: [1]", "sedes: [1]"), 78, "did you mean seeds?"),
            (("name: tiny, path: ", "name: tiny, path: /absent"), 66, "/absent"),
        ]
        for (change, status, text) in cases {
            var fanOut = try FanOut(["class"], "seeds: [1]")
            fanOut.configuration = fanOut.configuration.replacing(change.0, with: change.1)
            let outcome = try fanOut.run(ranks: 2)
            #expect(outcome.status == status, "\(outcome)")
            #expect(outcome.errorLines(with: text).count == 1, "\(outcome)")
        }
        let fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        let bad = try fanOut.run(["--set", "tasks.0.columns={text: sentence, label: lable}"])
        #expect(bad.status == 65 && bad.errors.contains("no column lable"), "\(bad)")
        let empty = try fanOut.run(ranks: 2, ["--part", "2/2"])
        #expect(empty.status == 78, "\(empty)")
        #expect(empty.errorLines(with: "part 2 of 2 would be empty").count == 1, "\(empty)")
        #expect(try fanOut.run(["--part", "0/2"]).status == 64)
        let predict = try RunningProgram(
            [Program.path("bert"), "predict", fanOut.directory], in: "/"
        ).wait()
        #expect(predict.status == 66, "\(predict)")
    }
}

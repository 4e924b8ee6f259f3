import FineTuning
import Formats
import Tensors
import Testing

private func parse(_ text: String) throws -> FineTuningConfiguration {
    try FineTuningConfiguration.parse(text, name: "f")
}

private let task = """
    {"name": "mr", "train": "mr.train.tsv", "evaluate": "mr.dev.tsv"}
    """

@Suite struct FineTuningConfigurationTests {
    @Test func defaultsNeedTasksAndModels() throws {
        let read = try parse("{\"tasks\": [\(task)], \"checkpoints\": \"runs/base\"}")
        var wanted = FineTuningConfiguration()
        wanted.tasks = [TaskDefinition()]
        wanted.tasks[0].name = "mr"
        wanted.tasks[0].train = "mr.train.tsv"
        wanted.tasks[0].evaluate = "mr.dev.tsv"
        wanted.checkpoints = [FineTuningConfiguration.StartingPoint()]
        wanted.checkpoints[0].name = "base"
        wanted.checkpoints[0].path = "runs/base"
        #expect(read == wanted)
        #expect(read.tasks[0].decidingMetric == .accuracy)
    }

    /// A configuration with every key.
    private static let everyKey = """
        {"name": "all", "directory": "out", "seeds": [7, 8], "learning_rates": [1e-5, 5e-5],
         "epochs": 4, "sequence_length": 256, "batch_size": 16, "micro_batch_size": 8,
         "warmup": 0.06, "weight_decay": 0.1, "clip_norm": 0, "head_dropout": 0,
         "precision": "bf16", "ranks_per_trial": 2, "retries": 3,
         "early_stopping": {"patience": 2, "minimum_improvement": 0.001,
                            "evaluations_per_epoch": 4},
         "checkpoints": ["a/b", {"path": "a/b", "from_scratch": true},
                         {"name": "x", "path": "c"}],
         "tasks": [
          {"name": "qa", "kind": "question_answering", "train": "t", "evaluate": "e",
           "answers": "squad2", "null_threshold": -2.5, "stride": 64,
           "maximum_question_length": 32, "sequence_length": 384, "batch_size": 24,
           "learning_rates": 2e-5, "epochs": [2], "metric": "exact_match"},
          {"name": "pos", "kind": "tagging", "train": "t.conllu", "evaluate": "e.conllu",
           "metric": "accuracy", "columns": {"tag": 4}},
          {"name": "ner", "kind": "tagging", "train": "t.tsv", "evaluate": "e.tsv",
           "columns": {"word": 1}},
          {"name": "nli", "train": "t.txt", "evaluate": "e.txt", "format": "csv",
           "header": ["a", "b", "c"], "labels": ["no", "yes"],
           "columns": {"text": "a", "pair": "b", "label": "c"}},
          {"name": "copa", "kind": "multiple_choice", "train": "t.jsonl", "evaluate": "e.jsonl",
           "columns": {"text": "p", "choices": ["c1", "c2"]}}]}
        """

    /// The configuration written by a fan-out parses to the same value.
    @Test func yamlReadsBack() throws {
        var read = try parse(Self.everyKey)
        for text in ["#", "a: b", " x ", "null", "1", "\"\\", "\n\t\u{0}\u{2028}", "- é 中"] {
            read.tasks[3].columns.choices.append(text)
        }
        // A zero byte is not valid text.
        read.tasks[3].columns.choices.removeAll { $0.utf8.contains(0) }
        let document = try parse(read.yaml)
        #expect(document == read)
        var plain = FineTuningConfiguration()
        plain.tasks = [read.tasks[1]]
        plain.checkpoints = [read.checkpoints[0]]
        #expect(try parse(plain.yaml) == plain)
    }

    /// Every key that affects a trial is in its settings; the others are not.
    @Test func settingsAreThoseThatDecide() throws {
        let base = try parse(Self.everyKey)
        func settings(_ configuration: FineTuningConfiguration) -> [[String: String]] {
            configuration.tasks.map { configuration.settings(of: $0, train: "t", evaluate: "e") }
        }
        let deciding: [(inout FineTuningConfiguration) -> Void] = [
            { $0.sequenceLength = 64 }, { $0.batchSize = 7 }, { $0.warmup = 0.5 },
            { $0.weightDecay = 0.5 }, { $0.clipNorm = 3 }, { $0.headDropout = nil },
            { $0.precision = .fp32 }, { $0.earlyStopping.patience = 9 },
            { $0.earlyStopping.minimumImprovement = 0.5 },
            { $0.earlyStopping.evaluationsPerEpoch = 2 }, { $0.tasks[0].answers = .squad1 },
            { $0.tasks[0].nullThreshold = 0 }, { $0.tasks[0].stride = 3 },
            { $0.tasks[0].maximumQuestionLength = 9 }, { $0.tasks[0].sequenceLength = 200 },
            { $0.tasks[0].batchSize = 3 }, { $0.tasks[0].metric = nil },
            { $0.tasks[1].columns.tag = 3 }, { $0.tasks[2].columns.word = 0 },
            { $0.tasks[3].format = .tsv }, { $0.tasks[3].header = [] },
            { $0.tasks[3].labels = ["yes", "no"] }, { $0.tasks[3].columns.pair = nil },
            { $0.tasks[3].columns.text = "b" }, { $0.tasks[3].columns.label = "b" },
            { $0.tasks[3].kind = .multiLabel }, { $0.tasks[4].columns.choices = ["c2", "c1"] },
        ]
        for (index, change) in deciding.enumerated() {
            var changed = base
            change(&changed)
            #expect(settings(changed) != settings(base), "change \(index)")
        }
        let harmless: [(inout FineTuningConfiguration) -> Void] = [
            { $0.name = "x" }, { $0.directory = "x" }, { $0.seeds = [99] },
            { $0.learningRates = [1] }, { $0.epochs = [9] }, { $0.microBatchSize = 1 },
            { $0.ranksPerTrial = 1 }, { $0.retries = 0 }, { $0.tasks[0].train = "moved" },
            { $0.tasks[0].learningRates = [] }, { $0.tasks[0].epochs = [] },
        ]
        for (index, change) in harmless.enumerated() {
            var changed = base
            change(&changed)
            #expect(settings(changed) == settings(base), "change \(index)")
        }
        #expect(
            base.settings(of: base.tasks[0], train: "t", evaluate: "e")
                != base.settings(of: base.tasks[0], train: "e", evaluate: "e"))
    }

    @Test func everyKeyIsRead() throws {
        let read = try parse(Self.everyKey)
        #expect(read.checkpoints.map(\.name) == ["b", "b-scratch", "x"])
        #expect(read.checkpoints.map(\.fromScratch) == [false, true, false])
        #expect(read.earlyStopping.evaluationsPerEpoch == 4)
        #expect(read.precision == .bf16 && read.clipNorm == 0 && read.epochs == [4])
        let qa = read.tasks[0]
        #expect(qa.answerSettings.allowsNoAnswer && qa.answerSettings.nullThreshold == -2.5)
        #expect(qa.windowSettings(maximumLength: 384).stride == 64)
        #expect(read.tasks[1].taggedFormat(of: "t.conllu") == .conllu(tag: 4))
        #expect(read.tasks[2].taggedFormat(of: "t.tsv") == .conll(word: 1, tag: -1))
        #expect(read.tasks[3].format(of: "t.txt")?.table == .csv)
        // qa: 3 models x 2 seeds; the other four: 3 x 2 seeds x 2 rates.
        #expect(read.trialCount == 6 + 4 * 12 && read.trials.count == read.trialCount)
        #expect(read.trials[0].key == "qa/b/lr2e-05-epochs2-seed7")
        #expect(Set(read.trials.map(\.key)).count == read.trialCount)
    }

    @Test(arguments: [
        ("[]", "f:1: a configuration is a mapping of sections, found a list of 0"),
        ("{}", "tasks: there is none"), ("{}", "checkpoints: there is none"),
        (
            "{\"task\": []}",
            "f:1: unknown key task; did you mean tasks? the keys are name, directory, tasks"
        ),
        ("{\n\"tasks\": [{\"nmae\": 1}]}", "f:2: unknown key tasks[0].nmae; did you mean name?"),
        ("{\"seeds\": [1, 1]}", "f:1: seeds has the same item twice"),
        ("{\"seeds\": []}", "seeds: there is none"),
        ("{\"seeds\": [-1]}", "each item an integer from 0 to 4294967295, found -1"),
        ("{\"learning_rates\": [\n0]}", "f:2: learning_rates must be a list"),
        ("{\"name\": \"../x\"}", "f:1: name must be a name of letters"),
        ("{\"precision\": \"bf61\"}", "did you mean bf16?"),
        ("{\"precision\": \"fp8\"}", "precision must be one of fp32, bf16, fp16, found \"fp8\""),
        ("{\"early_stopping\": 3}", "early_stopping must be a mapping of keys, found 3"),
        ("{\"checkpoints\": [{\"name\": \"a\"}]}", "checkpoints[0].path is missing"),
        ("{\"checkpoints\": \"a/..\"}", "checkpoints[0].name is missing, and the end of the path"),
        ("{\"checkpoints\": [\"a\", \"b/a\"]}", "checkpoints[1].name: there is another a"),
        (
            "{\"checkpoints\": [{\"name\": \".a\", \"path\": \"a\"}]}",
            "checkpoints[0].name: .a would be a hidden folder"
        ),
        ("{\"tasks\": {\"name\": \"a\"}}", "tasks[0].train is missing"),
        ("{\"tasks\": {\"train\": \"x\"}}", "tasks[0].train: the name x does not tell the format"),
        (
            "{\"tasks\": {\"kind\": \"tagging\", \"format\": \"csv\"}}",
            "tasks[0].format: csv does not hold tagging data"
        ),
        (
            "{\"tasks\": {\"metric\": \"pearson\"}}",
            "tasks[0].metric: pearson does not measure classification"
        ),
        (
            "{\"tasks\": {\"kind\": \"question_answering\", \"sequence_length\": 32}}",
            "tasks[0]: a question of 64 tokens leaves no room"
        ),
        ("{\"tasks\": {\"kind\": \"multiple_choice\"}}", "tasks[0].columns.choices is missing"),
        ("{\"tasks\": {\"labels\": \"a\"}}", "tasks[0].labels: there is one class only"),
        (
            "{\"tasks\": {\"labels\": [1, 2, 3], \"metric\": \"f1\"}}",
            "tasks[0].metric: f1 is that of class 1 of two, and there are 3"
        ),
    ])
    func problemsAreTold(text: String, expected: String) {
        let message = message { _ = try parse(text) }
        #expect(message.contains(expected), "\(message)")
    }

    @Test func tooManyTrialsAreRefused() {
        let numbers = (0..<1000).map(String.init).joined(separator: ",")
        let many = "{\"seeds\": [\(numbers)], \"epochs\": [\(numbers.dropFirst(2))], "
        let message = message {
            _ = try parse(many + "\"tasks\": [\(task)], \"checkpoints\": \"a\"}")
        }
        #expect(message.contains("999000 trials are more than 100000"), "\(message)")
    }

    @Test(arguments: 1...6, 1...8)
    func partsHaveEachTaskOnce(tasks: Int, count: Int) throws {
        var whole = FineTuningConfiguration()
        whole.tasks = (0..<tasks).map { number in
            var task = TaskDefinition()
            task.name = "\(number)"
            return task
        }
        var seen: [String] = []
        for number in 1...count {
            let part = try #require(FanOutPart("\(number)/\(count)"))
            #expect(part.folder == "part-\(number)-of-\(count)")
            var configuration = whole
            #expect(configuration.restrict(to: part) == (number <= tasks))
            #expect(configuration.tasks.count <= (tasks + count - 1) / count)
            seen += configuration.tasks.map(\.name)
        }
        #expect(seen.sorted() == whole.tasks.map(\.name))
    }

    @Test(arguments: [
        "", "1", "/", "1/", "/1", "0/1", "2/1", "-1/2", "1/2/3", "a/b", "1/0", "1 /2",
    ])
    func whatIsNoPart(text: String) {
        #expect(FanOutPart(text) == nil)
    }

    @Test func allProblemsComeAtOnce() throws {
        do {
            _ = try parse("{\"retries\": -1, \"warmup\": 2, \"x\": 0}")
            Issue.record("accepted nonsense")
        } catch let error as ConfigurationError {
            // Also reports that there are neither tasks nor models.
            #expect(error.problems.count == 5 && error.exitCode == 78)
        }
    }
}

import Corpus
import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// A fault is reported once, not once per rank, with the exit status of sysexits(3), and nothing is
/// lost.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct BadInputTests {
    @Test("a mistyped key")
    func mistypedKey() throws {
        var run = try Run.tiny()
        try expectRefusal(
            run, 78, ["optimizer.learning_rte", "did you mean optimizer.learning_rate"],
            ["--set", "optimizer.learning_rte=1"])
        run.configuration += "\ntokenizer: {}\n"
        try expectRefusal(run, 78, ["run.yaml:", "tokenizer"])
        #expect(try !Paths.exists(run.directory))
    }

    @Test("a mistyped option")
    func usage() throws {
        for ranks in [1, 3] {
            let outcome = try Program.train(ranks: ranks, ["pretrain", "--confg", "x"])
            try outcome.require(64)
            #expect(outcome.errorLines(with: "Unknown option '--confg'").count == 1)
        }
        let help = try Program.train(ranks: 3, ["--help"])
        try help.require()
        #expect(help.output.split(separator: "\n").count { $0.hasPrefix("USAGE") } == 1)
    }

    @Test("a global batch smaller than the number of ranks")
    func fewSequences() throws {
        let run = try Run.tiny()
        let outcome = try run.train(
            ranks: 3, ["--set", "batch.global=2", "--set", "batch.micro=1"])
        try outcome.require(78)
        expectOnce(["batch.global is 2, less than the 3 ranks"], outcome)
    }

    @Test("a vocabulary larger than the model's")
    func largeVocabulary() throws {
        try expectRefusal(
            Run.tiny(), 78, ["the vocabulary has", "model.vocab_size"],
            ["--set", "model.vocab_size=100"])
    }

    @Test("held-out data that would count twice, or not at all")
    func heldout() throws {
        let run = try Run.tiny()
        try run.finish()
        let (corpus, other) = (try TinyCorpus.path(), try TinyCorpus.otherPath())
        let scratch = TemporaryDirectory()
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0
        try CorpusBuilder(vocabulary: TinyCorpus.vocabulary(), options: options).build(
            [TinyCorpus.text()], output: scratch.file("whole"))
        let refusals: [([String], String)] = [
            ([corpus, other, "\(corpus)/"], "is named twice"),
            ([corpus, scratch.file("whole")], "whole has no held-out documents"),
        ]
        for (data, message) in refusals {
            let outcome = try Program.train(
                ranks: 2, ["evaluate", "--checkpoint", run.directory, "--data"] + data)
            try outcome.require(78)
            expectOnce([message], outcome)
        }
        try expectRefusal(
            run, 78, ["is named twice"], ["--set", "data.heldout=[\(other), \(other)]"])
    }

    @Test("batches that no memory can hold")
    func hugeBatches() throws {
        // Terabytes of activations, of a model of some megabytes.
        let settings = [
            "model.intermediate_size=65536", "batch.micro=65536", "batch.global=1000000",
        ]
        for ranks in [1, 3] {
            let outcome = try Run.tiny().train(ranks: ranks, settings.flatMap { ["--set", $0] })
            try outcome.require(78)
            expectOnce(
                [
                    "the model with micro-batches of up to 65536 sequences of 32 tokens takes",
                    "lower batch.micro", "a rank may have",
                    ranks == 1 ? "MB; lower" : "as 3 ranks share",
                ], outcome)
        }
    }

    @Test("no such file of configuration, and no such data")
    func missingFiles() throws {
        for ranks in [1, 3] {
            let outcome = try Program.train(
                ranks: ranks, ["pretrain", "--config", "/no/such.yaml"])
            #expect(outcome.status == 66)
            expectOnce(["/no/such.yaml"], outcome)
        }
        try expectRefusal(
            Run.tiny(), 66, ["/no/such/corpus"], ["--set", "data.train=[/no/such/corpus]"])
    }

    @Test("a checkpoint of another architecture, to resume from and to start from")
    func otherArchitecture() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let before = try run.content(2)
        try expectRefusal(
            run, 78,
            ["\(run.directory) holds a run of another", "model.hidden_size: 32 -> 48", "--run"],
            ["--set", "model.hidden_size=48"])
        #expect(try run.content(2) == before)
        let other = try Run.tiny(steps: 2)
        try expectRefusal(
            other, 78, ["other sizes"],
            [
                "--set", "model.initialize_from=\(run.directory)", "--set",
                "model.num_hidden_layers=3",
            ])
    }

    @Test("a run directory that holds a run of other data with another vocabulary")
    func anotherRun() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let scratch = TemporaryDirectory()
        let (corpus, text) = (scratch.file("corpus"), try TinyCorpus.text())
        let vocabulary = scratch.file("vocab.txt")
        for arguments in [
            ["vocab", "train", "--size", "300", "--output", vocabulary, text],
            ["corpus", "build", "--vocab", vocabulary, "--output", corpus, text],
        ] { try RunningProgram([Program.path("bert")] + arguments, in: "/").wait().require() }
        try expectRefusal(
            run, 78,
            ["\(run.directory) holds a run of another configuration: data.train: ", "run.name"],
            ["--set", "data.train=[\(corpus)]"])
    }

    @Test("all missing inputs are reported at once")
    func missingInputs() throws {
        let run = try Run.tiny(steps: 2)
        let arguments = [
            "data.train=[/no/train, \(try TinyCorpus.path()), /no/more]",
            "data.heldout=[/no/heldout]",
            "model.vocabulary=/no/vocab.txt", "model.initialize_from=/no/model",
        ].flatMap { ["--set", $0] }
        try expectRefusal(
            run, 66,
            [
                "5 inputs are missing", "data.train: there is no /no/train",
                "data.train: there is no /no/more", "data.heldout: there is no /no/heldout",
                "model.vocabulary: there is no /no/vocab.txt",
                "model.initialize_from: there is no /no/model",
            ], arguments)
        #expect(try !Paths.exists(run.directory))
    }

    @Test("a configuration that differs from the checkpoint's")
    func changedConfiguration() throws {
        let run = try Run.tiny(steps: 4)
        try run.finish()
        let before = try run.content(4)
        let change = ["--set", "schedule.total_steps=6", "--set", "optimizer.learning_rate=5e-4"]
        try expectRefusal(
            run, 78,
            ["schedule.total_steps: 4 -> 6", "optimizer.learning_rate", "--allow-changes"], change)
        #expect(try run.content(4) == before)
        let outcome = try run.finish(ranks: 3, change + ["--allow-changes"])
        #expect((outcome.output + outcome.errors).contains("schedule.total_steps: 4 -> 6"))
        #expect(try run.steps().map(\.step) == Array(1...6))
    }

    @Test("a run that diverges ends, with what to do")
    func divergence() throws {
        try expectRefusal(
            Run.tiny(), 65, ["the run has diverged", "optimizer.learning_rate"],
            ["--set", "optimizer.learning_rate=1e30"])
    }

    @Test("a run directory that is a file, and a checkpoint that is not there")
    func badPaths() throws {
        let run = try Run.tiny()
        try expectRefusal(run, 66, ["/no/such"], ["--resume", "/no/such"])
        let file = try TinyCorpus.text()
        for ranks in [1, 3] {
            let outcome = try run.train(ranks: ranks, ["--run", file])
            try outcome.require(74)
            expectOnce([file], outcome)
        }
    }

    @Test("input that evaluate rejects")
    func evaluation() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let scratch = TemporaryDirectory()
        // A truncated model directory.
        let model = try #require(try run.checkpoints().last)
        try copyDirectory(run.path("checkpoints/\(model)"), to: scratch.file("cut"))
        let weights = scratch.file("cut/model.h5")
        try WholeFiles.writeAtomically(weights, Array(fileBytes(weights).prefix(5000)))
        var rows = NvidiaRows(rows: 9, length: 16, vocabularySize: 200)
        rows.ids[8][3] = 4000
        try rows.write(scratch.file("rows.hdf5"))
        let corpus = try TinyCorpus.path()
        let cases: [(String, String, Int32, String)] = [
            ("/no/such", corpus, 66, "/no/such"),
            (run.directory, "/no/such.hdf5", 66, "/no/such.hdf5"),
            (scratch.file("cut"), corpus, 65, "model.h5"),
            (run.directory, scratch.file("rows.hdf5"), 65, "4000"),
        ]
        for (checkpoint, data, status, text) in cases {
            for ranks in [1, 3] {
                let outcome = try Program.train(
                    ranks: ranks, ["evaluate", "--checkpoint", checkpoint, "--data", data])
                try outcome.require(status)
                expectOnce([text], outcome)
            }
        }
    }

    @Test("one rank is killed: all end, as a failure")
    func oneRankIsKilled() throws {
        let run = try Run.tiny(steps: 100_000)
        let job = try run.start(ranks: 3)
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        kill(try #require(job.ranks.last), SIGKILL)
        #expect(job.wait().status != 0)
    }

    @Test("one rank fails: all end with its status, and its cause is printed once")
    func oneRankFails() throws {
        let run = try Run.tiny()
        let program = Program.path("bert-train")
        let arguments = try run.arguments()
        let command =
            Program.launcher + ["-n", "2", program] + arguments
            + [":", "-n", "1", program] + arguments + ["--set", "batch.mikro=3"]
        let outcome = try RunningProgram(command, in: "/").wait()
        try outcome.require(78)
        expectOnce(["batch.mikro", "did you mean batch.micro"], outcome)
        #expect(try !Paths.exists(run.directory))
    }
}

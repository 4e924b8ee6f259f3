import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

/// Checks of a fan-out before it begins, and its output about itself.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FanOutStartTests {
    @Test("everything missing or wrong is reported at once, before anything is created")
    func problemsAtOnce() throws {
        let fixture = try FanOutFixture.shared.get()
        let good = try fixture.file("good.tsv", "sentence\tlabel\na\tx\nb\ty\n")
        var fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        fanOut.configuration = """
            checkpoints: [{name: tiny, path: \(fixture.model)}, {name: gone, path: /nowhere/model}]
            tasks:
              - {name: a, train: /nowhere/a.tsv, evaluate: /nowhere/b.tsv}
              - {name: b, train: \(good), evaluate: \(good), columns: {label: colour}}
              - {name: c, train: \(good), evaluate: \(good), sequence_length: 4096}
              - {name: d, train: \(good), evaluate: \(good)}
            sequence_length: 24
            """
        let outcome = try fanOut.run(ranks: 2)
        #expect(outcome.status == 66, "\(outcome)")
        for text in [
            "5 things keep the fan-out from starting", "model gone: ",
            "there is no file /nowhere/a.tsv",
            "there is no file /nowhere/b.tsv", "no column colour",
            "(sequence_length 4096) does not fit",
        ] {
            #expect(outcome.errorLines(with: text).count == 1, "\(text): \(outcome)")
        }
        #expect(try !Paths.exists(fanOut.directory))
    }

    @Test(
        "ranks that were given different files do not start", arguments: ["configuration", "data"])
    func differentInputs(what: String) throws {
        let fixture = try FanOutFixture.shared.get()
        let scratch = TemporaryDirectory()
        let rows = "sentence\tlabel\na\tx\nb\ty\n"
        var command = Program.launcher
        for rank in 0...1 {
            let folder = scratch.file("\(rank)")
            try Paths.createDirectory(folder)
            let differs = rank == 1
            try scratch.write(
                "\(rank)/t.tsv", rows + (differs && what == "data" ? "c\ty\n" : ""))
            try scratch.write(
                "\(rank)/c.yaml",
                """
                checkpoints: [{name: tiny, path: \(fixture.model)}]
                tasks: [{name: t, train: t.tsv, evaluate: t.tsv}]
                sequence_length: 24
                seeds: [\(differs && what == "configuration" ? 7 : 1)]
                epochs: [1]
                """)
            if rank > 0 { command.append(":") }
            command += ["-n", "1", "env", "-C", folder, Program.path("bert-train"), "finetune"]
            command += ["--config", "c.yaml", "--run", scratch.file("run")]
        }
        let outcome = try RunningProgram(command, in: "/").wait()
        #expect(outcome.status == 78, "\(outcome)")
        let name = what == "data" ? "task t: train: SHA-256" : "seeds: [7] on rank 1"
        #expect(outcome.errors.contains(name), "\(outcome)")
        #expect(outcome.errors.contains("on rank 1"), "\(outcome)")
        #expect(try !Paths.exists(scratch.file("run")))
    }

    @Test("a file for the other program is reported with the right command")
    func wrongProgram() throws {
        var fanOut = try FanOut(["class"], "")
        let arguments = try fanOut.arguments()
        let pretrain = try Program.train(ranks: 2, Array(arguments[1...2]))
        #expect(pretrain.status == 78, "\(pretrain)")
        let command =
            "this is a fine-tuning file (it has tasks, checkpoints); run: bert-train finetune"
        #expect(pretrain.errorLines(with: command).count == 1, "\(pretrain)")
        fanOut.configuration = "data:\n  train: x\nmodel:\n  layers: 2\n"
        let finetune = try fanOut.run()
        #expect(finetune.status == 78, "\(finetune)")
        #expect(
            finetune.errorLines(
                with: "this is a pre-training file (it has model, data); run: bert-train "
            )
            .count == 1, "\(finetune)")
    }

    @Test(
        "groups have one size: what is left over has no work, and the model is that of fewer ranks")
    func spareRanks() throws {
        let settings = "seeds: [1, 2]\nepochs: [3]\nlearning_rates: [1.0e-3]\nranks_per_trial: 2"
        let pair = try FanOut(["class"], settings)
        try pair.run(ranks: 2).require()
        let three = try FanOut(["class"], settings)
        let outcome = try three.run(ranks: 3)
        try outcome.require()
        #expect(outcome.output.contains("each; 1 rank stays idle"), "\(outcome)")
        for seed in 1...2 {
            let key = "class/tiny/lr0.001-epochs3-seed\(seed)"
            #expect(try three.losses(key) == pair.losses(key))
        }
        let model = "models/class/model.safetensors"
        #expect(try fileBytes(three.path(model)) == fileBytes(pair.path(model)))
        // A signal to the rank without work stops the others.
        var long = try FanOut(
            ["class"], "seeds: [1]\nepochs: [400]\nlearning_rates: [1.0e-3]\nranks_per_trial: 2")
        long.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        let job = try long.start(ranks: 3)
        try job.wait { long.keptBatches("class/tiny/lr0.001-epochs400-seed1") > 3 }
        kill(try #require(job.orderedRanks.last), SIGTERM)
        try job.wait().require(75)
    }

    @Test("a run reports its plan, its progress, and the next commands")
    func output() throws {
        let fanOut = try FanOut(["class", "number"], "seeds: [1]\nepochs: [1]")
        let outcome = try fanOut.run()
        try outcome.require()
        for text in [
            "2 trials, results in \(fanOut.directory)", "tiny: ",
            "class: classification, 2 classes, 60",
            "always the most frequent: accuracy", "1 group of 1 rank, ", "memory",
            "start   class/tiny/", "done    class/tiny/", "| chance |",
            "next: bert predict \(fanOut.directory)/models/class < LINES (2 tasks have a model)",
        ] {
            #expect(outcome.output.contains(text), "\(text): \(outcome)")
        }
        #expect(fileText(fanOut.path("results.json")).contains("\"chance\" : 0."))
    }

    @Test("leftovers of a killed job are deleted, also those of trials that are not opened again")
    func leftovers() throws {
        let fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        try fanOut.run().require()
        let places = ["models", "trials/class/tiny/lr0.001-epochs9-seed1"].map {
            fanOut.path("\($0)/.model.pending-elsewhere-77777-0")
        }
        for place in places { try Paths.createDirectory(place) }
        try fanOut.run().require()
        for place in places { #expect(try !Paths.exists(place), "\(place)") }
    }
}

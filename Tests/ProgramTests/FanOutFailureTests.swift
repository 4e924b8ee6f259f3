import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

/// Behaviour of a fan-out when jobs, ranks, disks and people fail.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FanOutFailureTests {
    @Test("24 trials on 3 ranks, one of which is killed; the same command resumes")
    func killedRank() throws {
        let settings = """
            seeds: [1, 2, 3, 4]
            learning_rates: [1.0e-3, 2.0e-3, 3.0e-3]
            epochs: [6]
            """
        let whole = try FanOut(["class", "tags"], settings)
        try whole.run().require()
        var fanOut = try FanOut(["class", "tags"], settings)
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        let job = try fanOut.start(ranks: 3)
        try job.wait { (try? fanOut.trials().contains { $0.status == "done" }) ?? false }
        kill(try #require(job.orderedRanks.last), SIGKILL)
        #expect(![0, 65, 75].contains(job.wait().status))
        #expect(try fanOut.trials().contains { $0.status != "done" })
        try fanOut.run(ranks: 3).require()
        #expect(try fanOut.trials() == whole.trials() && fanOut.trials().count == 24)
        #expect(try fanOut.trials().allSatisfy { $0.status == "done" && $0.failures == 0 })
        #expect(fileText(fanOut.path("results.md")).contains("| class "))
        for task in ["class", "tags"] {
            let model = "models/\(task)/model.safetensors"
            #expect(try fileBytes(fanOut.path(model)) == fileBytes(whole.path(model)))
        }
    }

    @Test("a trial that kills its rank finally fails, and the others finish")
    func killer() throws {
        let key = "class/tiny/lr0.002-epochs2-seed1"
        var fanOut = try FanOut(
            ["class"], "seeds: [1, 2]\nlearning_rates: [1.0e-3, 2.0e-3]\nepochs: [2]")
        fanOut.environment = ["BERT_TEST_KILL_TRIAL=\(key)"]
        for _ in 0..<3 {
            let status = try fanOut.run(ranks: 2).status
            #expect(![0, 65, 75].contains(status))
        }
        try fanOut.run(ranks: 2).require(65)
        let trials = try fanOut.trials()
        #expect(trials.count { $0.status == "done" } == 3)
        let lost = try #require(trials.first { $0.key == key })
        #expect(lost.status == "failed" && lost.failures == 0)
        #expect(lost.error?.contains("the job ended 3 times while this trial ran") == true)
        // Once it no longer kills, more retries give it another chance.
        fanOut.environment = []
        try fanOut.run(ranks: 2, ["--set", "retries=2"]).require()
    }

    @Test("a trial of one batch learns something")
    func oneBatch() throws {
        let answers = try ["0.001", "0.01"].map { rate in
            var fanOut = try FanOut(
                ["class"], "seeds: [1]\nepochs: [1]\nlearning_rates: [\(rate)]")
            fanOut.configuration = fanOut.configuration.replacing(
                "\nbatch_size: 8", with: "\nbatch_size: 64")
            try fanOut.run().require()
            #expect(try fanOut.losses("class/tiny/lr\(rate)-epochs1-seed1").count == 1)
            return try fanOut.predict("class", ["the fox lives near the hill"]).output
        }
        #expect(answers[0] != answers[1])
    }

    @Test(
        "a model with NaN outputs has failed, and the table shows it", arguments: [1, 2]
    )
    func notFinite(ranks: Int) throws {
        let scratch = TemporaryDirectory()
        let fixture = try FanOutFixture.shared.get()
        try writeOverflowingModel(scratch.file("model"), from: fixture.model)
        var fanOut = try FanOut(
            ["class", "number"],
            "seeds: [1]\nepochs: [1]\nprecision: fp16\nranks_per_trial: \(ranks)")
        fanOut.configuration = fanOut.configuration.replacing(
            fixture.model, with: scratch.file("model"))
        try fanOut.run(ranks: ranks).require(65)
        for trial in try fanOut.trials() {
            #expect(trial.status == "failed" && trial.failures == 2)
            #expect(trial.error?.hasPrefix("the model's outputs on the evaluation data") == true)
            #expect(try !Paths.exists(fanOut.path("trials/\(trial.key)/state")))
        }
        let rows = fileText(fanOut.path("results.md")).split(separator: "\n")
        #expect(rows.count { $0.contains("| 0 (1 failed) |") } == 2, "\(rows)")
    }

    @Test("a job whose lock another has taken writes nothing more", arguments: [1, 2])
    func lostLock(ranks: Int) throws {
        var fanOut = try FanOut(
            ["class"],
            LongFanOut.settings.replacing("[1]", with: "[1, 2, 3]").replacing("[60]", with: "[200]")
        )
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0.05"]
        let job = try fanOut.start(ranks: ranks)
        try job.wait { fanOut.keptBatches("class/tiny/lr0.001-epochs200-seed1") > 3 }
        let lock = fileText(fanOut.path(".lock")).split(separator: "\n").map {
            $0.hasPrefix("token ") ? "token another" : "\($0)"
        }
        try WholeFiles.writeAtomically(
            fanOut.path(".lock"), lock.joined(separator: "\n") + "\n")
        let before = try ["plan.json", "results.json"].map { try fileBytes(fanOut.path($0)) }
        let outcome = job.wait()
        #expect(outcome.status == 74, "\(outcome)")
        #expect(outcome.errors.contains("the lock is no longer this run's"), "\(outcome)")
        let after = try ["plan.json", "results.json"].map { try fileBytes(fanOut.path($0)) }
        #expect(after == before)
        #expect(try !Paths.exists(fanOut.path("models")))
        #expect(fileText(fanOut.path(".lock")).contains("token another"))
    }

    @Test("files of other owners are neither deleted nor overwritten")
    func foreignDirectory() throws {
        let fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        let file = fanOut.path("models/class/notes.txt")
        try Paths.createDirectory(Paths.parent(of: file))
        try WholeFiles.writeAtomically(file, "mine")
        let outcome = try fanOut.run(ranks: 2)
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.errorLines(with: "holds something else than a fan-out").count == 1)
        #expect(try Paths.names(in: fanOut.directory) == ["models"])
        // Another owner's plan.
        try WholeFiles.writeAtomically(fanOut.path("plan.json"), "{\"rooms\": 3}")
        let other = try fanOut.run()
        #expect(other.status == 65 && other.errors.contains("is not the state"), "\(other)")
        #expect(try Paths.names(in: fanOut.directory).filter { $0 != ".lock" }.count == 2)
        // A folder of another owner in a directory of a fan-out.
        try Paths.remove(fanOut.path("plan.json"))
        try WholeFiles.writeAtomically(
            fanOut.path("plan.json"), "{\"version\": 1, \"trials\": {}}")
        let own = try fanOut.run()
        #expect(own.status == 74 && own.errors.contains("is no fine-tuned model"), "\(own)")
        #expect(fileText(file) == "mine")
    }

    @Test("a rank of a group fails, and the group with it")
    func failingMember() throws {
        let key = "tags/tiny/lr0.001-epochs2-seed2"
        var fanOut = try FanOut(
            ["tags"],
            "seeds: [1, 2, 3]\nepochs: [2]\nlearning_rates: [1.0e-3]\nranks_per_trial: 2")
        fanOut.environment = ["BERT_TEST_FAIL_TRIAL=\(key)"]
        try fanOut.run(ranks: 3).require(65)
        let trials = try fanOut.trials()
        #expect(trials.map(\.status) == ["done", "failed", "done"])
        #expect(trials[1].failures == 2)
        #expect(trials[1].error == "made to fail by BERT_TEST_FAIL_TRIAL")
    }

    @Test("a plan that cannot be written ends the job")
    func unwritablePlan() throws {
        let fanOut = try FanOut(["class"], LongFanOut.settings.replacing("[1]", with: "[1, 2, 3]"))
        let job = try fanOut.start(ranks: 2)
        try job.wait {
            fileText(fanOut.path("plan.json")).split(separator: "\"running\"").count > 2
        }
        try Paths.remove(fanOut.path("plan.json"))
        try Paths.createDirectory(fanOut.path("plan.json/x"))
        let outcome = job.wait()
        #expect(outcome.status == 74, "\(outcome)")
        #expect(outcome.errors.contains("plan.json"), "\(outcome)")
    }

    @Test(
        "a state that cannot be written leaves the one before",
        .enabled(if: FullDiskTests.canMount, "SKIPPED: needs root and mount(8)"))
    func fullDisk() throws {
        let whole = try FanOut(["class"], LongFanOut.settings)
        try whole.run().require()
        let disk = try #require(SmallDisk(kilobytes: 16 << 10))
        var fanOut = try FanOut(["class"], LongFanOut.settings)
        fanOut.place = disk.file("run")
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        func interrupt(_ condition: (RunningProgram) -> Bool) throws -> Outcome {
            let job = try fanOut.start()
            try job.wait { condition(job) }
            kill(try #require(job.ranks.first), SIGTERM)
            return job.wait()
        }
        try interrupt { _ in fanOut.keptBatches(LongFanOut.key) > 5 }.require(75)
        let kept = fanOut.keptBatches(LongFanOut.key)
        let filler = disk.file("filler")
        // Room for results, but not for a state.
        let free = try FreeSpace.bytes(at: fanOut.directory)
        try WholeFiles.writeAtomically(filler, [UInt8](repeating: 1, count: free - (600 << 10)))
        let full = try interrupt { $0.output.contains("its state was not kept") }
        try full.require(75)
        #expect(fanOut.keptBatches(LongFanOut.key) == kept)
        try Paths.remove(filler)
        fanOut.environment = ["BERT_TEST_FAIL_TRIAL=\(LongFanOut.key)"]
        try fanOut.run().require()
        #expect(try fanOut.trials() == whole.trials())
        #expect(try fanOut.losses(LongFanOut.key) == whole.losses(LongFanOut.key))
    }

    @Test("predictions: a bad line costs no answer to another, and a full disk shows")
    func predictions() throws {
        let fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        try fanOut.run().require()
        let lines = ["the fox lives", "{\"text\": \"an owl\", \"pair\": null}"]
        for bad in ["a\tb\tc", "{\"text\": \"a\", \"pair\": 5}", "{\"text\": \"a\""] {
            let outcome = try fanOut.predict("class", lines + [bad, "never"])
            #expect(outcome.status == 65, "\(outcome)")
            #expect(outcome.output.split(separator: "\n").count == 2)
            #expect(outcome.errorLines(with: ":3: ").count == 1, "\(outcome)")
        }
        let missing = try RunningProgram(
            [Program.path("bert"), "predict", fanOut.path("nothere")], in: "/"
        ).wait()
        #expect(missing.status == 66, "\(missing)")
        #expect(
            missing.errorLines(with: "nothere: there is no such directory").count == 1,
            "\(missing)")
        func shell(_ script: String) throws -> Outcome {
            let program = "\(Program.path("bert")) predict \(fanOut.path("models/class"))"
            return try RunningProgram(
                ["sh", "-c", script.replacing("PREDICT", with: program)], in: "/"
            ).wait()
        }
        let odd = try shell("printf 'a fox\\r\\n\\377\\nb\\n' | PREDICT")
        #expect(odd.status == 65 && odd.errors.contains("standard input:2: is not UTF-8"), "\(odd)")
        #expect(odd.output.split(separator: "\n").count == 1)
        // One answer per line, whatever the line contains.
        let four = try shell("printf 'a\\000b\\n\\n  \\nan owl' | PREDICT --batch 2")
        let answers = four.output.split(separator: "\n")
        #expect(four.status == 0 && answers.count == 4, "\(four)")
        #expect(answers[1] == "{}" && answers[2] == "{}" && answers[3].contains("label"))
        let full = try shell("echo an owl | PREDICT > /dev/full")
        #expect(full.status == 74 && full.errors.contains("standard output"), "\(full)")
        let long = try shell("head -c 17000000 /dev/zero | PREDICT")
        #expect(long.status == 65 && long.errors.contains("line 1 is longer"), "\(long)")
        let last = try shell("printf 'no line end' | PREDICT")
        #expect(last.status == 0 && last.output.contains("\"label\""), "\(last)")
    }

    @Test("a model without a pooler starts what needs one, with a warning")
    func withoutPooler() throws {
        let tagging = try FanOut(["tags"], "seeds: [1]\nepochs: [1]")
        try tagging.run().require()
        var fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        let model = try FanOutFixture.shared.get().model
        fanOut.configuration = fanOut.configuration.replacing(
            model, with: tagging.path("models/tags"))
        let outcome = try fanOut.run(ranks: 2)
        try outcome.require()
        let warnings = outcome.output.split(separator: "\n").filter { $0.contains("no pooler") }
        #expect(warnings.count == 1, "\(outcome)")
    }
}

import DurableFiles
import Glibc
import TemporaryDirectories
import Testing

/// Resuming a fan-out: the states of trials, and a plan of other settings.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct FanOutResumeTests {
    @Test("a trial resumes where it was, with the same bits", arguments: [SIGTERM, SIGKILL])
    func resumedTrial(signal: Int32) throws {
        let whole = try FanOut(["class"], LongFanOut.settings)
        try whole.run().require()
        var fanOut = try FanOut(["class"], LongFanOut.settings)
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        let job = try fanOut.start()
        try job.wait { fanOut.keptBatches(LongFanOut.key) > 20 }
        kill(try #require(job.ranks.first), signal)
        #expect(job.wait().status == (signal == SIGTERM ? 75 : 137))
        let kept = fanOut.keptBatches(LongFanOut.key)
        #expect(kept > 20 && kept < 480)
        // A killed job may have been between two renames.
        let trial = fanOut.path("trials/\(LongFanOut.key)")
        let aside = Paths.join(trial, ".state.replaced-elsewhere-77777-0")
        try Paths.rename(Paths.join(trial, "state"), to: aside)
        // The third batch would fail if recomputed.
        fanOut.environment = ["BERT_TEST_FAIL_TRIAL=\(LongFanOut.key)"]
        try fanOut.run().require()
        #expect(try fanOut.trials() == whole.trials())
        #expect(try fanOut.losses(LongFanOut.key) == whole.losses(LongFanOut.key))
        let model = "models/class/model.safetensors"
        #expect(try fileBytes(fanOut.path(model)) == fileBytes(whole.path(model)))
        #expect(try Paths.names(in: trial) == ["curve.json"])
        #expect(!fileText(Paths.join(trial, "curve.json")).contains("\"sum\""))
        // A model that was moved aside is back for the next job.
        try Paths.rename(
            fanOut.path("models/class"), to: fanOut.path("models/.class.replaced-x-77777-0"))
        try fanOut.run().require()
        #expect(try fileBytes(fanOut.path(model)) == fileBytes(whole.path(model)))
    }

    @Test(
        "a damaged state is not resumed, with a warning",
        arguments: ["arrays.safetensors", "state.json", "manifest.json", nil])
    func damagedState(file: String?) throws {
        let settings = LongFanOut.settings.replacing("[60]", with: "[20]")
        let key = "class/tiny/lr0.001-epochs20-seed1"
        let whole = try FanOut(["class"], settings)
        try whole.run().require()
        var fanOut = try FanOut(["class"], settings)
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        let job = try fanOut.start()
        try job.wait { fanOut.keptBatches(key) > 20 }
        kill(try #require(job.ranks.first), SIGTERM)
        try job.wait().require(75)
        let state = fanOut.path("trials/\(key)/state")
        if let file {
            var bytes = try fileBytes(Paths.join(state, file))
            bytes[bytes.count / 2] ^= 1
            try WholeFiles.writeAtomically(Paths.join(state, file), bytes)
        } else {
            try Paths.remove(Paths.join(state, "manifest.json"))
        }
        let outcome = try fanOut.run()
        try outcome.require()
        #expect(outcome.output.contains("its kept state is damaged, so the trial starts anew"))
        #expect(try fanOut.losses(key) == whole.losses(key))
        let model = "models/class/model.safetensors"
        #expect(try fileBytes(fanOut.path(model)) == fileBytes(whole.path(model)))
    }

    @Test("a state of the version before hashes were kept is gone on with")
    func olderState() throws {
        var fanOut = try FanOut(["class"], LongFanOut.settings)
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0"]
        let job = try fanOut.start()
        try job.wait { fanOut.keptBatches(LongFanOut.key) > 20 }
        kill(try #require(job.ranks.first), SIGTERM)
        try job.wait().require(75)
        let state = fanOut.path("trials/\(LongFanOut.key)/state")
        try Paths.remove(Paths.join(state, "manifest.json"))
        let file = Paths.join(state, "state.json")
        try WholeFiles.writeAtomically(
            file, fileText(file).replacing("\"version\":3", with: "\"version\":2"))
        // The third batch would fail if recomputed.
        fanOut.environment = ["BERT_TEST_FAIL_TRIAL=\(LongFanOut.key)"]
        try fanOut.run(["--set", "retries=0"]).require()
    }

    @Test("a signal that comes again does not cut off what the first one asked for")
    func repeatedSignal() throws {
        var fanOut = try FanOut(
            ["class"],
            LongFanOut.settings.replacing("[1]", with: "[1, 2]").replacing("[60]", with: "[200]"))
        fanOut.environment = ["BERT_TEST_SAVE_SECONDS=0.05"]
        let job = try fanOut.start(ranks: 2)
        let states = ["1", "2"].map { "class/tiny/lr0.001-epochs200-seed\($0)" }
        try job.wait { states.allSatisfy { fanOut.keptBatches($0) > 3 } }
        let ranks = job.orderedRanks
        try #require(ranks.count == 2)
        // Rank 0 does not answer: rank 1 saves its state, and waits for it.
        kill(ranks[0], SIGSTOP)
        kill(ranks[1], SIGTERM)
        try job.wait(untilIdle: ranks[1]) { states.map(fanOut.keptBatches).reduce(0, +) }
        // Signals within two seconds of the first count as its copies.
        usleep(2_500_000)
        kill(ranks[1], SIGTERM)
        usleep(100_000)
        kill(ranks[0], SIGCONT)
        try job.wait().require(75)
        fanOut.environment = ["BERT_TEST_FAIL_TRIAL=\(states[1])"]
        try fanOut.run(ranks: 2, ["--set", "retries=0"]).require()
    }

    @Test("other settings are refused, and nothing is touched")
    func changedSettings() throws {
        let fixture = try FanOutFixture.shared.get()
        let rows = (0..<40).map { "the fox lives near the hill\t\($0 % 2 == 0 ? "a" : "b")\n" }
        let train = try fixture.file("own.tsv", "sentence\tlabel\n" + rows.joined())
        let evaluate = try fixture.file("other.tsv", "sentence\tlabel\nan owl\ta\na toad\tb\n")
        var fanOut = try FanOut(["class"], "seeds: [1]\nepochs: [1]")
        let base = try #require(fanOut.configuration.split(separator: "tasks: ").first)
        fanOut.configuration =
            base + "tasks: [{name: own, train: \(train), evaluate: \(evaluate)}]\nseeds: [1]\n"
            + "epochs: [1]\nsequence_length: 24\nbatch_size: 8\nmicro_batch_size: 4\n"
        try fanOut.run().require()
        #expect(try fanOut.trials()[0].scores?["accuracy"] ?? nil != nil)
        #expect(fileText(fanOut.path("config.yaml")).contains("batch_size: 8\n"))
        let before = try fileBytes(fanOut.path("results.json"))
        func refused(_ arguments: [String], _ text: String) throws {
            let outcome = try fanOut.run(ranks: 2, arguments)
            #expect(outcome.status == 78, "\(outcome)")
            #expect(outcome.errorLines(with: text).count == 1, "\(outcome)")
            #expect(try fileBytes(fanOut.path("results.json")) == before)
        }
        try refused(["--set", "precision=bf16"], "precision was fp32, and is bf16")
        try refused(["--set", "seeds=[2]", "--set", "batch_size=4"], "batch_size was 8, and is 4")
        try refused(["--set", "checkpoints.0.from_scratch=true"], "from_scratch was false")
        _ = try fixture.file("own.tsv", "sentence\tlabel\n" + rows.dropLast().joined())
        try refused([], "train was SHA-256")
        _ = try fixture.file("own.tsv", "sentence\tlabel\n" + rows.joined())
        // These only change the rounding.
        let same = try fanOut.run(["--set", "micro_batch_size=8", "--set", "retries=3"])
        try same.require()
        #expect(same.output.contains("1 trial done"))
    }

    @Test("a fan-out that shrinks forgets nothing, and keeps the better model")
    func shrinkThenGrow() throws {
        let fanOut = try FanOut(
            ["class"], "seeds: [1, 2]\nepochs: [6]\nlearning_rates: [3.0e-3]")
        try fanOut.run().require()
        let before = try fanOut.trials()
        let model = try fileBytes(fanOut.path("models/class/model.safetensors"))
        // Does not learn.
        try fanOut.run(["--set", "seeds=[7]", "--set", "learning_rates=[1.0e-12]"]).require()
        #expect(try fanOut.trials().count == 1)
        #expect(try fileBytes(fanOut.path("models/class/model.safetensors")) == model)
        let again = try fanOut.run()
        try again.require()
        #expect(again.output.contains("2 trials done, 0 failed, 0 waiting; 1 kept"), "\(again)")
        #expect(try fanOut.trials() == before)
    }
}

import DurableFiles
import FoundationEssentials
import HDF5
import Reporting
import TemporaryDirectories
import Testing
import Tokenization

/// Names and contents of a run's files, as specified in docs/ for other programs.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct RunFilesTests {
    /// A run of 4 steps with evaluations and checkpoints at 2 and 4.
    private static let run = Result {
        var run = try Run.tiny(steps: 4)
        run.configuration = run.configuration
            .replacing("evaluation: {every_steps: 0}", with: "evaluation: {every_steps: 2}")
            .replacing("checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 2")
        try run.finish(ranks: 3)
        return run
    }

    /// Keys of a line of `metrics.jsonl`, in order.
    private func keys(_ event: String) throws -> [String] {
        let lines = fileText(try Self.run.get().path("metrics.jsonl")).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("{\"event\":\"\(event)\",") })
        return line.split(separator: ",").compactMap { part in
            part.firstIndex(of: ":").map { colon in
                part[..<colon].filter { !"{\"".contains($0) }
            }
        }.map { String($0) }
    }

    @Test("metrics.jsonl")
    func metrics() throws {
        #expect(
            try keys("step") == [
                "event", "step", "loss", "mlm_loss", "nsp_loss", "mlm_accuracy", "nsp_accuracy",
                "learning_rate", "grad_norm", "loss_scale", "samples", "tokens",
                "tokens_per_second", "step_seconds", "overlap", "mfu",
            ])
        #expect(
            try keys("evaluation") == [
                "event", "step", "mlm_accuracy", "mlm_loss", "mlm_tokens", "nsp_accuracy",
                "nsp_loss", "nsp_pairs", "mlm_baseline_accuracy", "mlm_baseline_token",
                "nsp_baseline_accuracy", "mlm_accuracy_low", "mlm_accuracy_high", "mlm_loss_low",
                "mlm_loss_high", "nsp_accuracy_low", "nsp_accuracy_high", "nsp_loss_low",
                "nsp_loss_high",
            ])
        let run = try Self.run.get()
        #expect(try run.steps().map(\.step) == [1, 2, 3, 4])
        #expect(try run.events("evaluation", as: EvaluationRecord.self).map(\.step) == [2, 4])
        #expect(try run.events("checkpoint", as: CheckpointRecord.self).map(\.step) == [2, 4])
        for step in try run.steps() {
            #expect(abs(step.loss - step.mlmLoss - step.nspLoss) < 1e-9)
            #expect((0...1).contains(try #require(step.overlap)))
            #expect(try #require(step.mfu) > 0)
        }
    }

    @Test("summary.json and config.yaml")
    func summary() throws {
        let run = try Self.run.get()
        let summary = try JSONDecoder().decode(
            RunSummary.self, from: Data(try fileBytes(run.path("summary.json"))))
        #expect(summary.status == "finished" && summary.step == 4 && summary.ranks == 3)
        #expect(summary.checkpoint == run.checkpoint(4))
        #expect(summary.evaluations.map(\.step) == [2, 4])
        #expect((0...1).contains(try #require(summary.overlap)))
        #expect(try #require(summary.mfu) > 0 && #require(summary.peakOperationsPerSecond) > 0)
        let configuration = fileText(run.path("config.yaml"))
        for key in ["learning_rate:", "beta1:", "max_predictions:", "bucket_megabytes:"] {
            #expect(configuration.contains(key))
        }
        #expect(!configuration.contains("hidden_size: null"))
    }

    @Test("the resolved configuration is one: a run of it has the same losses")
    func resolved() throws {
        let run = try Self.run.get()
        let again = Run(fileText(run.path("config.yaml")))
        try again.finish(ranks: 3)
        #expect(try again.losses() == run.losses())
    }

    @Test("TensorBoard's events lie in the run directory")
    func tensorBoard() throws {
        let names = try Paths.names(in: Self.run.get().directory)
        #expect(names.contains { $0.contains("tfevents") })
    }

    @Test("names in a checkpoint")
    func checkpoint() throws {
        let run = try Self.run.get()
        #expect(try run.checkpoints() == ["step-00000002", "step-00000004"])
        let names = try Paths.names(in: run.checkpoint(4)).sorted()
        #expect(
            names == [
                "manifest.json", "model.h5", "optimizer.1-of-3.h5", "optimizer.2-of-3.h5",
                "optimizer.3-of-3.h5",
            ])
        let parameters = Set(try run.content(4).parameters.keys)
        for name in [
            "bert.embeddings.word_embeddings.weight",
            "bert.encoder.layer.1.attention.self.query.weight", "bert.pooler.dense.bias",
            "cls.predictions.bias", "cls.predictions.transform.LayerNorm.weight",
            "cls.seq_relationship.weight",
        ] { #expect(parameters.contains(name), "\(name)") }
        let file = try File.open(Paths.join(run.checkpoint(4), "model.h5"))
        #expect(try file.textAttribute("format") == "bert-checkpoint")
        #expect(
            try file.readText("vocabulary", maximumByteCount: 1 << 20)
                == TinyCorpus.vocabulary().text)
    }

    @Test("evaluate gives the run's own numbers, on any number of ranks")
    func evaluation() throws {
        let run = try Self.run.get()
        let own = try #require(try run.events("evaluation", as: EvaluationRecord.self).last)
        let scratch = TemporaryDirectory()
        for (ranks, path) in [(1, run.directory), (2, run.checkpoint(4)), (20, run.directory)] {
            let file = scratch.file("\(ranks).json")
            try Program.train(
                ranks: ranks,
                [
                    "evaluate", "--checkpoint", path, "--data", TinyCorpus.path(), "--json", file,
                    "--set", "data.sequence_length=32", "--set", "masking.max_predictions=6",
                    "--set", "masking.unit=whole_word", "--set", "parallel.threads=1",
                    // More than the run's whole batch.
                    "--set", "batch.micro=50",
                ]
            ).require()
            let found = try JSONDecoder().decode(
                EvaluationRecord.self, from: Data(try fileBytes(file)))
            #expect(found == own)
        }
    }
}

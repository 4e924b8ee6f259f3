import BERT
import Corpus
import Distributed
import Formats
import Pretraining
import Runtime
import Tensors
import Testing

/// Differences that a resumed run rejects, warns of, and accepts.
@Suite struct DifferenceTests {
    private func differences(_ overrides: String...) throws -> [ConfigurationDifference] {
        try RunConfiguration.load(path: nil, overrides: overrides)
            .differences(from: RunConfiguration())
    }

    @Test func equalConfigurationsDoNotDiffer() throws {
        #expect(try differences().isEmpty)
        // Explicit or from the preset: the same model.
        #expect(try differences("model.hidden_size=256", "optimizer.bias_correction=false").isEmpty)
        let resolved = RunConfiguration().resolved()
        #expect(resolved.differences(from: RunConfiguration()).isEmpty)
        #expect(RunConfiguration().differences(from: resolved).isEmpty)
    }

    @Test func aDifferenceNamesBothValues() throws {
        let found = try differences("batch.global=512")
        #expect(found.map(\.description) == ["batch.global: 256 -> 512"])
        #expect(found[0].old == "256" && found[0].new == "512" && found[0].path == "batch.global")
    }

    @Test(arguments: [
        "model.hidden_size=512", "model.num_hidden_layers=2", "model.vocab_size=8000",
        "model.hidden_act=gelu_new", "model.layer_norm_eps=1e-5",
        "model.max_position_embeddings=256",
    ])
    func architectureChangesTheModel(argument: String) throws {
        var old = RunConfiguration()
        old.model.vocabularySize = 4000
        var new = try RunConfiguration.load(path: nil, overrides: [argument])
        new.model.vocabularySize = new.model.vocabularySize ?? 4000
        #expect(new.differences(from: old).map(\.effect) == [.changesModel])
    }

    @Test func anotherPresetIsNamedWithItsSizes() throws {
        let found = try differences("model.preset=bert-small")
        #expect(
            found.map(\.path) == [
                "model.preset", "model.hidden_size", "model.num_attention_heads",
                "model.intermediate_size",
            ])
        #expect(found.allSatisfy { $0.effect == .changesModel })
    }

    @Test(arguments: [
        "run.seed=1", "data.train=[x]", "data.sequence_length=64", "masking.unit=ngram",
        "batch.global=64", "optimizer.learning_rate=1", "schedule.total_steps=2000",
        "precision.compute=bf16", "precision.loss_scale=2", "parallel.wire=bf16",
        "model.hidden_dropout_prob=0", "phases=[{batch: {global: 64}}]",
    ])
    func trainingIsWarnedOf(argument: String) throws {
        #expect(try differences(argument).map(\.effect) == [.changesTraining])
    }

    @Test(arguments: [
        "run.name=x", "run.directory=x", "data.heldout=[x]", "batch.micro=1",
        "evaluation.every_steps=1", "checkpoint.keep_last=1", "parallel.threads=3",
        "parallel.pin=false",
        "parallel.shard_optimizer=true", "parallel.timeout=1", "model.vocabulary=elsewhere.txt",
    ])
    func theRestPasses(argument: String) throws {
        #expect(try differences(argument).map(\.effect) == [.harmless])
    }

    @Test func whatACheckpointDecidedIsNotADifference() throws {
        let given = try RunConfiguration.load(
            path: nil, overrides: ["model.initialize_from=there"])
        var stored = given
        stored.model.fill(from: BERTConfiguration(.base))
        #expect(given.differences(from: stored).isEmpty)
        var other = given
        other.model.hiddenSize = 512
        #expect(other.differences(from: stored).map(\.path) == ["model.hidden_size"])
    }
}

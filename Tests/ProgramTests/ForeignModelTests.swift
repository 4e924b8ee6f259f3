import BERT
import Checkpointing
import Corpus
import DurableFiles
import TemporaryDirectories
import Tensors
import Testing
import Tokenization

/// Hugging Face models other than `BertForPreTraining` with default settings.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct ForeignModelTests {
    private let scratch = TemporaryDirectory()

    /// Writes a tiny model with parameters that `isKept` accepts.
    private func write(
        _ name: String, configuration more: String = "", tokenizer: TokenizerSettings = .init(),
        where isKept: (String) -> Bool = { _ in true }
    ) throws -> String {
        let vocabulary = try TinyCorpus.vocabulary()
        let description = ModelDescription(
            configuration: """
                {"vocab_size": \(vocabulary.count), "hidden_size": 32, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "intermediate_size": 56, "max_position_embeddings": 40,
                 "classifier_dropout": 0.25\(more)}
                """, vocabulary: vocabulary.text, tokenizer: tokenizer)
        var sizes = BERTConfiguration()
        (sizes.vocabularySize, sizes.hiddenSize, sizes.layers) = (vocabulary.count, 32, 2)
        (sizes.heads, sizes.intermediateSize, sizes.maximumPositions) = (4, 56, 40)
        if more.contains("type_vocab_size") { sizes.segmentKinds = 1 }
        let layout = ParameterLayout(
            ParameterLayout.pretraining(sizes).parameters.filter { isKept($0.name) }.map {
                ($0.name, $0.shape, $0.decays)
            })
        let parameters = Block<Float>(count: layout.count)
        let values = parameters.vector.buffer
        for index in values.indices { values[index] = Float(index * 31 % 97) / 970 }
        let path = scratch.file(name)
        try HuggingFaceDirectory.write(
            path, replacing: false, description: description, from: BlockTensors(layout, parameters)
        )
        return path
    }

    @Test("an encoder: heads are initialized at random, with a note; evaluate needs them")
    func encoder() throws {
        let model = try write("encoder") { $0.hasPrefix("bert.") }
        let evaluation = try Program.train(
            ranks: 1, ["evaluate", "--checkpoint", model, "--data", TinyCorpus.path()])
        try evaluation.require(65)
        #expect(evaluation.errorLines(with: "cls.predictions").count == 1, "\(evaluation)")
        let run = try Run.tiny(steps: 2)
        let outcome = try run.finish(["--set", "model.initialize_from=\(model)"])
        #expect((outcome.output + outcome.errors).contains("drawn at random"), "\(outcome)")
        let stored = try SavedModel.open(run.directory).model.description()
        #expect(stored.configuration.contains("\"classifier_dropout\": 0.25"))
        let imported = scratch.file("imported")
        try RunningProgram(
            [
                Program.path("bert"), "checkpoint", "import", "--from", "huggingface", model,
                imported,
            ], in: "/"
        ).wait().require()
        try run.finish(["--set", "model.initialize_from=\(imported)", "--resume", "auto"])
    }

    @Test("a model of one kind of segment cannot take pairs, by whatever command")
    func oneSegment() throws {
        let model = try write("narrow", configuration: ", \"type_vocab_size\": 1")
        let evaluation = try Program.train(
            ranks: 1,
            [
                "evaluate", "--checkpoint", model, "--data", TinyCorpus.path(),
                "--set", "data.sequence_length=16", "--set", "masking.max_predictions=2",
            ])
        try evaluation.require(78)
        #expect(evaluation.errorLines(with: "type_vocab_size is 1").count == 1, "\(evaluation)")
        let training = try Run.tiny(steps: 2).train(["--set", "model.initialize_from=\(model)"])
        try training.require(78)
        #expect(training.errorLines(with: "type_vocab_size is 1").count == 1, "\(training)")
    }

    @Test("a corpus built for another tokenizer is refused; one built with the model's is not")
    func tokenizers() throws {
        var tokenizer = TokenizerSettings()
        tokenizer.stripAccents = false
        let model = try write("accents", tokenizer: tokenizer)
        let arguments = ["evaluate", "--checkpoint", model, "--data"]
        let refused = try Program.train(ranks: 1, arguments + [TinyCorpus.path()])
        try refused.require(78)
        #expect(refused.errorLines(with: "strip_accents false").count == 1, "\(refused)")
        let corpus = scratch.file("corpus")
        try RunningProgram(
            [
                Program.path("bert"), "corpus", "build", "--tokenizer", model, "--heldout", "0.2",
                "--output", corpus, TinyCorpus.text(),
            ], in: "/"
        ).wait().require()
        #expect(try CorpusDirectory(path: corpus).manifest.tokenizer == tokenizer)
        try Program.train(
            ranks: 1, arguments + [corpus, "--set", "data.sequence_length=32"]
        ).require()
        let run = try Run.tiny(steps: 2)
        try run.finish([
            "--set", "model.initialize_from=\(model)", "--set", "data.train=[\(corpus)]",
        ])
        #expect(try SavedModel.open(run.directory).model.description().tokenizer == tokenizer)
    }
}

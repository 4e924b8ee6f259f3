import Corpus
import DurableFiles
import TemporaryDirectories
import Testing
import Tokenization

/// Data, vocabularies and models that do not match are detected.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct MismatchTests {
    /// Builds a corpus with the vocabulary of the tiny one.
    private static func build(_ output: String, cased: Bool = false, more: String = "") throws {
        let scratch = TemporaryDirectory()
        let text = try scratch.write("text.txt", fileText(TinyCorpus.text()) + more)
        var options = CorpusBuilder.Options()
        options.heldoutShare = 0.2
        options.tokenizer.lowercase = !cased
        try CorpusBuilder(vocabulary: TinyCorpus.vocabulary(), options: options).build(
            [text], output: output)
    }

    @Test("text of another casing, to train on, to hold out, to evaluate on")
    func casing() throws {
        let scratch = TemporaryDirectory()
        let (cased, lower) = (scratch.file("cased"), try TinyCorpus.path())
        try Self.build(cased, cased: true)
        let run = try Run.tiny(steps: 2)
        for data in ["data.train=[\(lower), \(cased)]", "data.heldout=[\(cased)]"] {
            let outcome = try run.train(ranks: 2, ["--set", data])
            try outcome.require(78)
            #expect(outcome.errorLines(with: cased).count == 1, "\(outcome)")
        }
        try run.finish()
        let evaluation = try Program.train(
            ranks: 2, ["evaluate", "--checkpoint", run.directory, "--data", cased])
        try evaluation.require(78)
        #expect(evaluation.errorLines(with: "do_lower_case").count == 1, "\(evaluation)")
        let other = try run.train(["--set", "data.train=[\(cased)]", "--allow-changes"])
        try other.require(78)
    }

    @Test("model.vocabulary names another vocabulary than the corpus's, or no file")
    func namedVocabulary() throws {
        let scratch = TemporaryDirectory()
        let text = try TinyCorpus.vocabulary().text
        let (same, other) = (scratch.file("same.txt"), scratch.file("other.txt"))
        try scratch.write("same.txt", text)
        try scratch.write("other.txt", text + "surplus\n")
        let run = try Run.tiny(steps: 2)
        for (path, status) in [(other, 78), ("/no/such/vocab.txt", 66)] as [(String, Int32)] {
            let outcome = try run.train(ranks: 2, ["--set", "model.vocabulary=\(path)"])
            try outcome.require(status)
            #expect(outcome.errorLines(with: "model.vocabulary").count == 1, "\(outcome)")
            #expect(outcome.errorLines(with: path).count == 1, "\(outcome)")
        }
        try run.finish(["--set", "model.vocabulary=\(same)"])
    }

    @Test("a corpus rebuilt under the same path is detected together with other changes")
    func rebuiltCorpus() throws {
        let scratch = TemporaryDirectory()
        let corpus = scratch.file("corpus")
        try Self.build(corpus)
        var run = try Run.tiny(steps: 2)
        run.configuration = run.configuration.replacing(try TinyCorpus.path(), with: corpus)
        try run.finish()
        try Paths.remove(corpus)
        try Self.build(corpus, more: "\n\nA new document.\nIt has two sentences.\n")
        let change = ["--set", "schedule.total_steps=3"]
        let refused = try run.train(change)
        try refused.require(78)
        #expect(refused.errors.contains("the training data are others"))
        let allowed = try run.finish(change + ["--allow-changes"])
        #expect((allowed.output + allowed.errors).contains("the training data are others"))
    }

    @Test("a model directory whose config.json promises more than its tensors hold")
    func boastfulModel() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let model = run.path("model")
        try RunningProgram(
            [
                Program.path("bert"), "checkpoint", "export", "--to", "huggingface", run.directory,
                model,
            ], in: "/"
        ).wait().require()
        let path = Paths.join(model, "config.json")
        var text = fileText(path)
        for (key, value) in [("hidden_size", 65536), ("vocab_size", 16_777_216)] {
            let start = try #require(text.firstRange(of: "\"\(key)\"")?.lowerBound)
            let end = try #require(text[start...].firstIndex(of: "\n"))
            let comma = text[..<end].hasSuffix(",") ? "," : ""
            text.replaceSubrange(start..<end, with: "\"\(key)\": \(value)\(comma)")
        }
        try WholeFiles.writeAtomically(path, text)
        let outcome = try Program.train(
            ranks: 2, ["evaluate", "--checkpoint", model, "--data", TinyCorpus.path()])
        try outcome.require(65)
        #expect(outcome.errorLines(with: "has shape").count == 1, "\(outcome)")
    }

    @Test("evaluate asks whether its result can be written before it begins")
    func resultPath() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        for path in ["/no/such/x.json", run.directory] {
            let outcome = try Program.train(
                ranks: 2,
                [
                    "evaluate", "--checkpoint", "/no/model", "--data", TinyCorpus.path(), "--json",
                    path,
                ])
            try outcome.require(74)
            #expect(outcome.errorLines(with: path).count == 1, "\(outcome)")
        }
    }
}

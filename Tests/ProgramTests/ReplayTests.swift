import DurableFiles
import Reporting
import Testing

/// `bert-train replay` on files of real runs, and on tampered files.
@Suite("replay") struct ReplayTests {
    /// A run that ends at batch `batch`, and its overflow file.
    private func overflow(
        batch: Int, ranks: Int, _ more: String = "", every: Int = 0
    ) throws -> (run: Run, file: String) {
        var run = try Run.tiny(steps: 12, more)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: \(every)")
        run.environment = ["BERT_TEST_OVERFLOW=\(ranks - 1):\(batch)"]
        try run.train(ranks: ranks).require(65)
        let names = try Paths.names(in: run.path("overflow"))
        try #require(names.count == 1)
        return (run, run.path("overflow/\(names[0])"))
    }

    private func replay(_ arguments: [String], ranks: Int? = nil) throws -> Outcome {
        try Program.train(ranks: ranks, ["replay"] + arguments)
    }

    /// The first step of a run with `more` settings, and the replay of the same step after an
    /// overflow. One micro-batch is the whole batch, so that the file contains all of it.
    private func firstStep(_ more: [String] = []) throws -> (step: StepRecord, replay: Outcome) {
        let whole = ["--set", "batch.micro=12"] + more
        let plain = try Run.tiny(steps: 2)
        try plain.finish(ranks: 1, whole)
        let step = try #require(try plain.steps().first)
        var run = try Run.tiny(steps: 2)
        run.environment = ["BERT_TEST_OVERFLOW=0:1"]
        try run.train(ranks: 1, whole).require(65)
        let name = try #require(try Paths.names(in: run.path("overflow")).first)
        let outcome = try replay([run.path("overflow/\(name)")])
        try outcome.require()
        #expect(
            outcome.output.contains(
                "their norm is \(HumanFormat.scientific(step.gradientNorm))"),
            "\(step.gradientNorm): \(outcome)")
        return (step, outcome)
    }

    @Test("losses and norm of the batch are those of the run")
    func sameNumbers() throws {
        let (step, outcome) = try firstStep()
        #expect(outcome.output.contains("random, as at the start of the run"))
        #expect(outcome.output.contains("In fp32 every gradient is finite"))
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
        let losses = lines.filter { $0.count == 3 && $0[0].hasPrefix("0:") }
        let nextSentence = losses.compactMap { Double($0[2]) }
        #expect(nextSentence.count == 12)
        #expect(abs(nextSentence.reduce(0, +) / 12 - step.nspLoss) < 1e-3)
    }

    @Test("dropout is the run's, not that of the model that it began with")
    func ownDropout() throws {
        let first = try Run.tiny(steps: 2)
        try first.finish()
        _ = try firstStep([
            "--set", "model.initialize_from=\(first.directory)",
            "--set", "model.hidden_dropout_prob=0.4",
        ])
    }

    @Test("the weights of the checkpoint that the file names, or of another", arguments: [1, 3])
    func checkpoint(ranks: Int) throws {
        let (run, file) = try overflow(batch: 7, ranks: ranks, every: 4)
        let named = try replay([file], ranks: ranks)
        try named.require()
        #expect(named.output.contains("step-00000004, 2 updates before those of the overflow"))
        #expect(named.output.contains("sample"))
        let again = try replay([file, "--checkpoint", run.directory])
        try again.require()
        let tables = [named, again].map { outcome in
            outcome.output.split(separator: "\n").drop { !$0.hasPrefix("Losses in fp32") }
        }
        #expect(!tables[0].isEmpty && Array(tables[0]) == Array(tables[1]))
        try run.removeCheckpoint(4)
        let gone = try replay([file])
        try gone.require(66)
        #expect(gone.errors.contains("--checkpoint"))
        #expect(gone.errorLines(with: "bert-train: ").count == 1)
    }

    @Test("a run of several overflows keeps its files, and only some")
    func bound() throws {
        let run = try overflow(batch: 2, ranks: 1).run
        let folder = run.path("overflow")
        let before = fileText(Paths.join(folder, try Paths.names(in: folder)[0]))
        // The same batch again: nothing is rewritten.
        try run.train(ranks: 1).require(65)
        #expect(fileText(Paths.join(folder, try Paths.names(in: folder)[0])) == before)
        for index in 0..<20 {
            try WholeFiles.writeAtomically(Paths.join(folder, "other-\(index)"), "x")
        }
        // One that ends the run is saved; one that is only skipped is reported.
        var more = run
        more.environment = ["BERT_TEST_OVERFLOW=0:3"]
        try more.train(ranks: 1).require(65)
        #expect(try Paths.names(in: folder).count == 22)
        more.environment = ["BERT_TEST_OVERFLOW=0:4"]
        try more.finish(ranks: 1, ["--set", "precision.loss_scale={initial: 64}"])
        #expect(try more.skips().map { $0.cause.contains("The batch is not kept") } == [true])
        #expect(try Paths.names(in: folder).count == 22)
    }

    @Test("a sample whose activations no memory can hold is refused before any is taken")
    func hugeSample() throws {
        let (run, file) = try overflow(batch: 2, ranks: 1)
        let length = 1 << 16
        func list(_ count: Int, _ value: Int) -> String {
            Array(repeating: "\(value)", count: count).joined(separator: ",")
        }
        let sample =
            "{\"epoch\":0,\"index\":0,\"masked_labels\":[],\"masked_positions\":[],"
            + "\"next_sentence_label\":0,\"segment_ids\":[\(list(length, 0))],"
            + "\"token_ids\":[\(list(length, 7))]},"
        // 8 layers of [65536, 262144] twice: a terabyte; parameters take 1 GB.
        let sizes = [
            ("max_position_embeddings", 40, length), ("intermediate_size", 56, 1 << 18),
            ("num_hidden_layers", 2, 8), ("num_attention_heads", 4, 1),
        ]
        var text = fileText(file).replacing("\"samples\":[", with: "\"samples\":[" + sample)
        for (key, old, new) in sizes {
            let changed = text.replacing("\\\"\(key)\\\" : \(old)", with: "\\\"\(key)\\\" : \(new)")
            try #require(changed != text, "\(key) is not there")
            text = changed
        }
        let huge = run.path("huge.json")
        try WholeFiles.writeAtomically(huge, text)
        let outcome = try replay([huge])
        try outcome.require(65)
        #expect(outcome.errors.contains("samples of 65536 tokens take"), "\(outcome)")
        #expect(outcome.errorLines(with: "bert-train: ").count == 1)
    }

    @Test("files that were tampered with are refused in one line")
    func hostile() throws {
        let (run, file) = try overflow(batch: 2, ranks: 1)
        let text = fileText(file)
        let changes: [(String, String)] = [
            ("bert-train overflow 1", "bert-train overflow 2"),
            ("\"token_ids\":[", "\"token_ids\":[99999999,"),
            ("\"token_ids\":[", "\"token_ids\":[1,2,"), ("\"token_ids\":[", "\"token_ids\":[-1,"),
            ("\"token_ids\":[", "\"token_ids\":[99999999999999999999,"),
            ("\"segment_ids\":[", "\"segment_ids\":[9,"),
            ("\"masked_positions\":[", "\"masked_positions\":[-1,"),
            ("\"masked_positions\":[", "\"masked_positions\":[4000,"),
            ("\"next_sentence_label\":", "\"next_sentence_label\":7"),
            ("\"epoch\":0", "\"epoch\":65536"), ("\"epoch\":0", "\"epoch\":-1"),
            ("\"index\":", "\"index\":-1"),
            ("\"global_sequences\":12", "\"global_sequences\":0"),
            ("\"global_sequences\":12", "\"global_sequences\":9007199254740993"),
            ("\"checkpoint\":\"\"", "\"checkpoint\":\"../../../etc\""),
            ("\"checkpoint\":\"\"", "\"checkpoint\":\"\\u001b[2J\""),
            ("\"suspects\":", "\"suspects\":9"),
            ("\"samples\":", "\"samples\":[],\"others\":"), ("\"seed\":7", "\"seed\":-7"),
            ("\\\"hidden_size\\\" : 32", "\\\"hidden_size\\\" : 4611686018427387904"),
            (
                "\\\"max_position_embeddings\\\" : 40",
                "\\\"max_position_embeddings\\\" : 1000000"
            ),
            ("\\\"num_hidden_layers\\\" : 2", "\\\"num_hidden_layers\\\" : 2000000000"),
            ("\\\"hidden_size\\\" : 32", "\\\"hidden_size\\\" : true"), ("}]", "}"), ("{", "["),
        ]
        let changed = run.path("changed.json")
        for (old, new) in changes {
            let tampered = text.replacing(old, with: new, maxReplacements: 1)
            try #require(tampered != text, "\(old) is not there")
            try WholeFiles.writeAtomically(changed, tampered)
            let outcome = try replay([changed])
            #expect([65, 78].contains(outcome.status), "\(old) -> \(new): \(outcome)")
            #expect(outcome.errorLines(with: "bert-train: ").count == 1, "\(new): \(outcome)")
        }
        try WholeFiles.writeAtomically(changed, String(repeating: "[", count: 300_000))
        try replay([changed]).require(65)
        let others: [(String, Int32)] = [
            (run.path("none.json"), 66), (run.directory, 65), ("/dev/zero", 65),
        ]
        for (path, status) in others {
            let outcome = try replay([path])
            #expect(outcome.status == status, "\(path): \(outcome)")
            #expect(outcome.errorLines(with: path).count == 1, "\(outcome)")
        }
        let named = text.replacing("\"checkpoint\":\"\"", with: "\"checkpoint\":\"/dev/zero\"")
        try WholeFiles.writeAtomically(changed, named)
        let device = try replay([changed])
        #expect([65, 66].contains(device.status), "\(device)")
    }
}

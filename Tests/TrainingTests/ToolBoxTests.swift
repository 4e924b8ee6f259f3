import DurableFiles
import TemporaryDirectories
import Testing

/// `bert` beside `bert-train`: text in, checkpoints out.
@Suite(.serialized, .disabled(if: isLaunched, "starts programs of its own"))
struct ToolBoxTests {
    private func bert(_ arguments: [String]) throws -> Outcome {
        try RunningProgram([Program.path("bert")] + arguments, in: "/").wait()
    }

    private func build(_ text: [UInt8], _ more: [String] = []) throws -> (
        Outcome, TemporaryDirectory
    ) {
        let scratch = TemporaryDirectory()
        let file = try scratch.write("text.txt", text)
        let outcome = try bert(
            [
                "corpus", "build", "--vocab", "\(TinyCorpus.path())/vocab.txt", "--output",
                scratch.file("corpus"), file,
            ] + more)
        return (outcome, scratch)
    }

    @Test("a corpus of no text is refused, and leaves nothing")
    func emptyText() throws {
        for text in ["", "\n\n\n", "  \n\t\n"] {
            let (outcome, scratch) = try build(Array(text.utf8))
            try outcome.require(65)
            #expect(outcome.errorLines(with: "text.txt").count == 1, "\(outcome)")
            #expect(try !Paths.exists(scratch.file("corpus")))
        }
    }

    @Test("text that is not UTF-8 is refused with file and place, unless asked to replace")
    func notUTF8() throws {
        let text = Array("Good text.\nThen ".utf8) + [0xC3, 0x28] + Array(" came.\n\nMore.\n".utf8)
        let (outcome, scratch) = try build(text)
        try outcome.require(65)
        #expect(outcome.errorLines(with: "text.txt").count == 1, "\(outcome)")
        #expect(outcome.errors.contains("UTF-8"))
        #expect(try !Paths.exists(scratch.file("corpus")))
        let (replaced, _) = try build(text, ["--replace-invalid"])
        try replaced.require()
    }

    @Test("text that is not there")
    func missingText() throws {
        let outcome = try bert(
            [
                "corpus", "build", "--vocab", "\(TinyCorpus.path())/vocab.txt", "--output",
                "/tmp/never", "/no/such.txt",
            ])
        try outcome.require(66)
        #expect(outcome.errorLines(with: "/no/such.txt").count == 1)
    }

    @Test("checkpoints of a run: listed, verified, compared, exported and evaluated alike")
    func checkpoints() throws {
        let run = try Run.tiny(steps: 3)
        try run.finish(ranks: 2)
        let list = try bert(["checkpoint", "list", run.directory])
        try list.require()
        #expect(list.output.contains("step-00000003"))
        try bert(["checkpoint", "verify", run.directory]).require()
        let model = run.path("exported")
        try bert(["checkpoint", "export", "--to", "huggingface", run.directory, model]).require()
        let files = [run.path("own.json"), run.path("exported.json")]
        for (path, file) in zip([run.directory, model], files) {
            try Program.train(
                [
                    "evaluate", "--checkpoint", path, "--data", TinyCorpus.path(), "--json", file,
                    "--set", "data.sequence_length=32", "--set", "masking.max_predictions=6",
                    "--set", "masking.unit=whole_word",
                ]
            ).require()
        }
        // The step is all that a model directory does not know, and each has a path of its own.
        let numbers = files.map { file in
            fileText(file).split(separator: "\n").filter { line in
                !line.hasPrefix("  \"step\"") && !line.hasPrefix("  \"checkpoint\"")
            }
        }
        #expect(numbers[0] == numbers[1] && numbers[0].count > 5)
    }

    @Test("the quick start works as it stands, on more ranks than cores", arguments: [1, 4])
    func quickStart(ranks: Int) throws {
        let scratch = TemporaryDirectory()
        let settings = [
            "schedule.total_steps=3", "schedule.warmup_steps=1", "evaluation.max_sequences=20",
        ]
        let arguments = settings.flatMap { ["--set", $0] }
        try Program.train(ranks: ranks, arguments, in: scratch.path).require()
        let summary = fileText(scratch.file("Checkpoints/quickstart/summary.json"))
        #expect(summary.contains("\"status\": \"finished\""))
        #expect(summary.contains("nsp_accuracy"))
    }
}

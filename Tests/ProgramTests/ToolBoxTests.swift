import DurableFiles
import TemporaryDirectories
import Testing

/// `bert` next to `bert-train`: text in, checkpoints out.
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

    /// Runs a shell's command in `directory`, with `bert` and `VOCAB` as variables.
    private func shell(_ command: String, in directory: TemporaryDirectory) throws -> Outcome {
        let setup = "BERT=\(Program.path("bert")); VOCAB=\(try TinyCorpus.path())/vocab.txt; "
        return try RunningProgram(["/bin/sh", "-c", setup + command], in: directory.path).wait()
    }

    @Test("every reader of text rejects other input, and says what to do")
    func notText() throws {
        let scratch = TemporaryDirectory()
        let inputs: [(String, [UInt8], String)] = [
            ("a.gz", [0x1F, 0x8B, 8, 0, 0], "zcat"),
            ("a.utf16", Array("\0T\0h\0e\0 \0f\0o\0x\0.\0\n".utf8), "iconv -f UTF-16BE"),
            ("a.latin1", Array("Gru".utf8) + [0xDF, 0x0A], "line 1, byte 3"),
            ("a.nul", Array("The fox.\nA\0b\n".utf8), "line 2, byte 10"),
        ]
        for (name, bytes, advice) in inputs {
            try scratch.write(name, bytes)
            for command in [
                "vocab train --size 200 --output v.txt \(name)",
                "vocab train --size 200 --output v.txt - <\(name)",
                "corpus build --vocab $VOCAB --output c \(name)",
                "corpus build --vocab $VOCAB --output c - <\(name)",
                "tokenize --vocab $VOCAB <\(name)",
            ] {
                let outcome = try shell("$BERT \(command)", in: scratch)
                try outcome.require(65)
                let source = command.contains("<") ? "standard input" : name
                #expect(outcome.errorLines(with: "bert: \(source)").count == 1, "\(outcome)")
                #expect(outcome.errors.contains(advice), "\(outcome)")
            }
        }
        #expect(try !Paths.exists(scratch.file("v.txt")) && !Paths.exists(scratch.file("c")))
        for command in [
            "vocab train --size 200 --output v.txt .", "corpus build --vocab $VOCAB --output c .",
        ] {
            let outcome = try shell("$BERT \(command)", in: scratch)
            try outcome.require(65)
            #expect(outcome.errors.contains("is a directory; name its text files"), "\(outcome)")
        }
    }

    @Test("a vocabulary of standard input, in a folder that is not there yet")
    func vocabularyInANewFolder() throws {
        let scratch = TemporaryDirectory()
        let command = "$BERT vocab train --size 300 --output"
        let text = try TinyCorpus.text()
        try shell("\(command) new/folder/v.txt - <\(text)", in: scratch).require()
        try shell("\(command) w.txt \(text)", in: scratch).require()
        #expect(fileText(scratch.file("new/folder/v.txt")) == fileText(scratch.file("w.txt")))
    }

    @Test("lines tokenized before an error are written")
    func answersBeforeAnError() throws {
        let scratch = TemporaryDirectory()
        let outcome = try shell(
            "printf 'the fox\\nthe \\377\\n' | $BERT tokenize --vocab $VOCAB --ids", in: scratch)
        try outcome.require(65)
        #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome)")
        let replaced =
            "printf 'the fox\\nthe \\377\\n' | $BERT tokenize --vocab $VOCAB --replace-invalid"
        #expect(try shell(replaced, in: scratch).output.split(separator: "\n").count == 2)
    }

    @Test("a text that does not match the vocabulary is reported")
    func unknownTokens() throws {
        let text = (0..<40).map { "Слово \($0 % 7) другое слово.\n\n" }.joined()
        let (outcome, scratch) = try build(Array(text.utf8))
        try outcome.require()
        #expect(outcome.errors.contains("of the tokens are [UNK]"), "\(outcome)")
        #expect(outcome.errors.contains("another language or script"))
        let verified = try bert(["corpus", "verify", scratch.file("corpus")])
        #expect(verified.errors.contains("of the tokens are [UNK]"), "\(verified)")
        let tokens = try shell("$BERT tokenize --vocab $VOCAB <text.txt", in: scratch)
        #expect(tokens.errors.contains("of the tokens are [UNK]"), "\(tokens)")
        let good = try bert(["corpus", "verify", TinyCorpus.path()])
        #expect(good.errors.isEmpty && good.output.contains("0.00% of the tokens"), "\(good)")
    }

    @Test("a corpus that is not there")
    func noCorpus() throws {
        let scratch = TemporaryDirectory()
        try scratch.write("a.txt", "text")
        for (path, status, text) in [
            ("none", 66, "there is no such corpus directory"), (".", 66, "no corpus is here"),
            ("a.txt", 65, "is a file, not a corpus directory"),
        ] as [(String, Int32, String)] {
            let outcome = try shell("$BERT corpus verify \(path)", in: scratch)
            try outcome.require(status)
            #expect(outcome.errors.contains(text), "\(outcome)")
            #expect(outcome.errors.contains("bert corpus build"), "\(outcome)")
        }
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
        // Only the step is missing from a model directory, and each has its own path.
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

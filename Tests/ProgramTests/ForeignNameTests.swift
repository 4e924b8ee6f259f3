import DurableFiles
import FileNames
import FoundationEssentials
import Glibc
import HDF5
import Pretraining
import TemporaryDirectories
import Testing

/// Files whose names are not UTF-8, through all three programs.
@Suite(.serialized, .disabled(if: isLaunched, "starts programs of its own"))
struct ForeignNameTests {
    /// b"caf\xe9.txt": Latin-1.
    private static let latin = FileName.text(of: [0x63, 0x61, 0x66, 0xE9] + ".txt".utf8)
    /// b"\xff\xfe dir": no encoding's.
    private static let folder = FileName.text(of: [0xFF, 0xFE] + " dir".utf8)
    /// The word for Japan in EUC-JP.
    private static let japanese = FileName.text(of: [0xC6, 0xFC, 0xCB, 0xDC])

    private func bert(_ arguments: [String], in directory: String) throws -> Outcome {
        try RunningProgram([Program.path("bert")] + arguments, in: directory).wait()
    }

    /// A directory with the tiny corpus in `folder/corpus`.
    private func corpus() throws -> TemporaryDirectory {
        let scratch = TemporaryDirectory()
        try copyDirectory(try TinyCorpus.path(), to: scratch.file("\(Self.folder)/corpus"))
        return scratch
    }

    private func value<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(fileBytes(path)))
    }

    @Test("vocabularies and corpora")
    func texts() throws {
        let scratch = TemporaryDirectory()
        let (latin, folder, japanese) = (Self.latin, Self.folder, Self.japanese)
        try scratch.write(latin, fileBytes(TinyCorpus.text()))
        // The name as converted by Swift: a decoy with another text.
        try scratch.write("caf\u{FFFD}.txt", "nothing")
        let vocabulary = "\(folder)/\(japanese)"
        let made = try bert(
            ["vocab", "train", "--size", "300", "--output", vocabulary, latin], in: scratch.path)
        try made.require()
        #expect(
            made.output.hasPrefix("\\xFF\\xFE dir/\\xC6\\xFC\\xCB\\xDC: 300 pieces"),
            "\(made)")
        try bert(
            ["vocab", "train", "--size", "300", "--output", "plain", TinyCorpus.text()],
            in: scratch.path
        )
        .require()
        #expect(try scratch.bytes(vocabulary) == scratch.bytes("plain"))
        let output = "\(folder)/\(latin)"
        let build = ["corpus", "build", "--vocab", vocabulary, "--heldout", "0.2", "--output"]
        try bert(build + [output, latin], in: scratch.path).require()
        try bert(build + ["plain.corpus", TinyCorpus.text()], in: scratch.path).require()
        for name in ["vocab.txt"] + (try shards(scratch.file("plain.corpus"))) {
            #expect(try scratch.bytes("\(output)/\(name)") == scratch.bytes("plain.corpus/\(name)"))
        }
        let verified = try bert(["corpus", "verify", output], in: scratch.path)
        try verified.require()
        #expect(verified.output.contains("\\xFF\\xFE dir/caf\\xE9.txt"), "\(verified)")
        let samples = "\(japanese).h5"
        try bert(
            ["corpus", "export", "--to", "nvidia_hdf5", "--count", "3", output, samples],
            in: scratch.path
        )
        .require()
        let file = try File.open(scratch.file(samples))
        #expect(try file.dataset("input_ids").shape()[0] == 3)
        let tokens = try RunningProgram(
            [
                "sh", "-c", "echo the fox | \"$0\" tokenize --vocab \"$1\"", Program.path("bert"),
                vocabulary,
            ],
            in: scratch.path
        ).wait()
        try tokens.require()
        #expect(tokens.output.contains("the"), "\(tokens)")
    }

    private func shards(_ corpus: String) throws -> [String] {
        let names = try Paths.names(in: corpus).filter { $0.hasSuffix(".h5") }
        try #require(!names.isEmpty)
        return names
    }

    @Test("messages show the bytes of names that are not there, or are directories")
    func messages() throws {
        let scratch = try corpus()
        let (latin, folder) = (Self.latin, Self.folder)
        for (arguments, status, text) in [
            (
                ["vocab", "train", "--size", "200", "--output", "v", latin], 66,
                "caf\\xE9.txt: cannot read"
            ),
            (
                ["vocab", "train", "--size", "200", "--output", "v", folder], 65,
                "\\xFF\\xFE dir: is a directory"
            ),
            (
                [
                    "corpus", "build", "--vocab", "\(folder)/corpus/vocab.txt", "--output", "c",
                    folder,
                ], 65,
                "\\xFF\\xFE dir: is a directory"
            ),
            (["corpus", "verify", latin], 66, "caf\\xE9.txt: there is no such corpus directory"),
            (["checkpoint", "verify", latin], 66, "caf\\xE9.txt"),
            (["predict", latin, "--input", folder], 66, "caf\\xE9.txt"),
            (["corpus", latin], 64, "caf\\xE9.txt"),
        ] as [([String], Int32, String)] {
            let outcome = try bert(arguments, in: scratch.path)
            try outcome.require(status)
            #expect(outcome.errors.contains(text), "\(outcome)")
            #expect(!outcome.errors.contains("\u{FFFD}") && !outcome.errors.contains("\u{10F7E9}"))
        }
        for arguments in [
            ["--config", latin], ["check", "--config", latin], ["finetune", "--config", latin],
        ] {
            let outcome = try Program.train(arguments, in: scratch.path)
            try outcome.require(66)
            #expect(outcome.errors.contains("caf\\xE9.txt"), "\(outcome)")
        }
        try scratch.write(latin, "model: {nonsense: 1}\n")
        let wrong = try Program.train(["--config", latin], in: scratch.path)
        try wrong.require(78)
        #expect(wrong.errors.contains("caf\\xE9.txt:1: "), "\(wrong)")
        // A program with such a name is started with arguments of such names.
        let python = try scratch.write(
            "python\(latin)", "#!/bin/sh\n[ $1 = -c ] && exit\nprintf '%s\\n' \"$1\"; exit 9\n")
        withSystemPath(python) { _ = chmod($0, 0o700) }
        for (script, text) in [
            (Self.japanese, "script \\xC6\\xFC\\xCB\\xDC: No such file"),
            (latin, "pythoncaf\\xE9.txt caf\\xE9.txt --size tiny"),
        ] {
            let bench = try RunningProgram(
                [
                    Program.path("bert-bench"), "compare", "--preset", "bert-tiny", "--steps", "1",
                    "--micro", "1", "--sequence-length", "16", "--python", python, "--script",
                    script,
                ], in: scratch.path
            ).wait()
            #expect(bench.status != 0 && bench.errors.contains(text), "\(bench)")
        }
    }

    /// Trains `run` of a configuration that has no data, on 2 ranks.
    private func train(
        _ run: [String], in scratch: TemporaryDirectory, steps: Int
    ) throws -> Outcome {
        // As Run.tiny, but with paths from the command line.
        let configuration = try Run.tiny().configuration.split(separator: "\n")
            .filter { !$0.hasPrefix("data:") && !$0.hasPrefix("run:") }.joined(separator: "\n")
        let file = try scratch.write("\(Self.japanese).yaml", "run: {seed: 7}\n\(configuration)")
        return try Program.train(
            ranks: 2,
            ["pretrain", "--config", file] + run + [
                "--set", "data.train=['\(Self.folder)/corpus']", "--set", "data.sequence_length=32",
                "--set", "schedule.total_steps=\(steps)", "--set", "evaluation.every_steps=2",
                "--set", "checkpoint.every_steps=2",
            ], in: scratch.path)
    }

    @Test("a run is trained, resumed and evaluated, and its model goes to other programs and back")
    func run() throws {
        let scratch = try corpus()
        let (latin, folder) = (Self.latin, Self.folder)
        let run = "\(folder)/\(Self.japanese)"
        try train(["--run", run], in: scratch, steps: 2).require()
        let resumed = try train(["--run", run, "--allow-changes"], in: scratch, steps: 4)
        try resumed.require()
        // No byte of a name is lost, and no invalid UTF-8 is written.
        let metrics = try scratch.bytes("\(run)/metrics.jsonl")
        #expect(String(validating: metrics, as: UTF8.self)?.contains("\"step\":4") == true)
        let resolved = try RunConfiguration.load(path: scratch.file("\(run)/config.yaml"))
        #expect(
            resolved.data.train.map { FileName.bytes(of: $0) } == [
                FileName.bytes(of: "\(folder)/corpus")
            ])
        let list = try bert(["checkpoint", "list", run], in: scratch.path)
        try list.require()
        #expect(
            list.output.hasPrefix(
                "\\xFF\\xFE dir/\\xC6\\xFC\\xCB\\xDC/checkpoints/step-"), "\(list)")
        try bert(["checkpoint", "verify", run], in: scratch.path).require()
        try evaluateAndExchange(run, latin, in: scratch)
        // The commands that a run suggests use the shell's notation.
        let lines = resumed.output.split(separator: "\n").map { $0.drop { $0 == " " } }
        for name in ["evaluate ", "export "] {
            let line = try #require(lines.first { $0.hasPrefix(name) }, "\(resumed)")
            let command = String(line.dropFirst(name.count).drop { $0 == " " })
            try RunningProgram(["sh", "-c", command], in: scratch.path).wait().require()
        }
        #expect(try Paths.exists(scratch.file("\(run)/hf/config.json")))
    }

    private func evaluateAndExchange(
        _ run: String, _ json: String, in scratch: TemporaryDirectory
    ) throws {
        struct Report: Decodable { var checkpoint: String }
        let settings = [
            "--data", "\(Self.folder)/corpus", "--set", "data.sequence_length=32", "--set",
            "masking.max_predictions=6", "--set", "masking.unit=whole_word",
        ]
        try Program.train(
            ranks: 2, ["evaluate", "--checkpoint", run, "--json", json] + settings, in: scratch.path
        ).require()
        let one = try value(Report.self, scratch.file(json)).checkpoint
        // The name in JSON is that of the checkpoint.
        try Program.train(["evaluate", "--checkpoint", one] + settings, in: scratch.path).require()
        try Program.train(
            ["evaluate", "--checkpoint", run, "--all", "--json", json] + settings, in: scratch.path
        ).require()
        #expect(try value([Report].self, scratch.file(json)).map(\.checkpoint).contains(one))
        let (model, back) = ("\(Self.japanese).hf", "\(Self.japanese).back")
        try bert(["checkpoint", "export", "--to", "huggingface", run, model], in: scratch.path)
            .require()
        try bert(["checkpoint", "import", "--from", "huggingface", model, back], in: scratch.path)
            .require()
        let difference = try bert(["checkpoint", "diff", one, back], in: scratch.path)
        let words = (difference.output.split(separator: "\n").last ?? "").split(separator: " ")
        #expect(words.count > 2 && words[0] == words[2], "\(difference)")
    }

    @Test("a run by a configuration's name starts from a model, and is checked")
    func named() throws {
        let scratch = try corpus()
        let start = try Run.tiny(steps: 3)
        try start.finish()
        let model = "\(Self.folder)/\(Self.latin)"
        try copyDirectory(start.checkpoint(3), to: scratch.file(model))
        try train(
            [
                "--set", "model.initialize_from='\(model)'", "--set",
                "run.directory='\(Self.latin)'",
            ],
            in: scratch, steps: 2
        ).require()
        let run = "\(Self.latin)/\(Self.japanese)"
        #expect(try Paths.names(in: scratch.file(run)).contains("summary.json"))
        let check = try Program.train(
            [
                "check", "--no-benchmark", "--config", "\(run)/config.yaml", "--run", run, "--json",
                "\(run).json",
            ], in: scratch.path)
        try check.require()
        #expect(String(validating: try scratch.bytes("\(run).json"), as: UTF8.self) != nil)
    }

    @Test("a fan-out by names in YAML, and predictions of its model")
    func finetuning() throws {
        let scratch = TemporaryDirectory()
        let fixture = try FanOutFixture.shared.get()
        try copyDirectory(fixture.model, to: scratch.file("\(Self.folder)/model"))
        let rows = (0..<40).map {
            "the \($0 % 2 == 0 ? "fox" : "owl") is here\t\($0 % 2 == 0 ? "yes" : "no")\n"
        }
        try scratch.write(
            "\(Self.folder)/\(Self.japanese).tsv", "sentence\tlabel\n" + rows.joined())
        // YAML's own escape of the scalars that represent bytes.
        func yaml(_ text: String) -> String {
            text.unicodeScalars.map { scalar in
                FileName.byte(of: scalar) == nil
                    ? "\(scalar)" : "\\U00\(String(scalar.value, radix: 16))"
            }.joined()
        }
        let data = yaml("\(Self.folder)/\(Self.japanese).tsv")
        #expect(data.utf8.allSatisfy { $0 < 0x80 })
        try scratch.write(
            Self.latin,
            """
            checkpoints: [{name: tiny, path: "\(yaml("\(Self.folder)/model"))"}]
            tasks: [{name: class, train: "\(data)", evaluate: "\(data)"}]
            sequence_length: 24
            batch_size: 8
            micro_batch_size: 4
            epochs: [1]
            seeds: [1]
            """)
        let run = "\(Self.folder)/run"
        for _ in 0..<2 {
            try Program.train(
                ranks: 2, ["finetune", "--config", Self.latin, "--run", run], in: scratch.path
            ).require()
        }
        let check = try Program.train(
            ["check", "--config", Self.latin, "--run", run], in: scratch.path)
        try check.require()
        try scratch.write(Self.japanese, "the fox is here\nthe owl is here\n")
        let answers = try bert(["predict", run, "--input", Self.japanese], in: scratch.path)
        try answers.require()
        #expect(answers.output.split(separator: "\n").count == 2, "\(answers)")
    }

    @Test("a benchmark writes to the given path")
    func benchmark() throws {
        let scratch = TemporaryDirectory()
        try Paths.createDirectory(scratch.file(Self.folder))
        let outcome = try RunningProgram(
            [
                Program.path("bert-bench"), "checkpoint", "--preset", "bert-tiny", "--micro", "1",
                "--sequence-length", "16", "--trials", "1", "--directory", Self.folder, "--json",
            ], in: scratch.path
        ).wait()
        try outcome.require()
        #expect(try Paths.names(in: scratch.file(Self.folder)).isEmpty)
    }
}

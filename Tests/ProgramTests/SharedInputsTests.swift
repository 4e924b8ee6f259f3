import DurableFiles
import FoundationEssentials
import Glibc
import TemporaryDirectories
import Testing

/// Jobs whose ranks were given different files, as by a stale cache: rejected at the start, naming
/// the differences.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct SharedInputsTests {
    /// Runs a job in which each rank has its own folder, program and arguments.
    private func job(
        _ ranks: [(directory: String, program: String, arguments: [String])]
    ) throws -> Outcome {
        var command = Program.launcher
        for (place, rank) in ranks.enumerated() {
            if place > 0 { command.append(":") }
            command += ["-n", "1", "env", "-C", rank.directory, rank.program] + rank.arguments
        }
        return try RunningProgram(command, in: "/").wait()
    }

    private func expectRefusal(
        _ outcome: Outcome, _ parts: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try outcome.require(78, sourceLocation: sourceLocation)
        #expect(
            outcome.errorLines(with: "bert-train: ").count == 1, "\(outcome)",
            sourceLocation: sourceLocation)
        for part in parts {
            #expect(outcome.errors.contains(part), "\(outcome)", sourceLocation: sourceLocation)
        }
    }

    /// Two folders with files of the same names.
    private func folders(_ scratch: TemporaryDirectory) throws -> [String] {
        try ["first", "second"].map { name in
            let path = scratch.file(name)
            try Paths.createDirectory(path)
            return path
        }
    }

    @Test(
        "a configuration file of another content",
        arguments: [
            ("optimizer: {learning_rate: 0.5}", "optimizer.learning_rate: 0.001", "0.5 on rank 1"),
            ("run: {seed: 8}", "run.seed: 7", "8 on rank 1"),
            ("data: {sequence_length: 24}", "data.sequence_length: 32", "24 on rank 1"),
            ("precision: {compute: bf16}", "precision.compute: fp32", "bf16 on rank 1"),
            ("batch: {global: 24}", "batch.global: 12", "24 on rank 1"),
            (
                "phases: [{batch: {global: 6}}]", "phases[0].batch.global: nothing",
                "6 on rank 1"
            ),
        ])
    func configurations(change: String, first: String, second: String) throws {
        let scratch = TemporaryDirectory()
        let folders = try folders(scratch)
        let run = try Run.tiny(steps: 2)
        let key = String(change.prefix { $0 != ":" })
        let other = run.configuration.split(separator: "\n").map(String.init)
        let kept = other.filter { !$0.hasPrefix("\(key):") }
        let merged = try other.first { $0.hasPrefix("\(key):") }.map { line in
            let old = try #require(line.firstIndex(of: "{"))
            let new = try #require(change.firstIndex(of: "{"))
            let name = change[new...].dropFirst().prefix { $0 != ":" }
            let rest = line[old...].dropFirst().dropLast().split(separator: ", ").filter {
                !$0.hasPrefix("\(name):")
            }
            return "\(key): {"
                + (rest + [change[new...].dropFirst().dropLast()])
                .joined(separator: ", ") + "}"
        }
        try scratch.write("first/run.yaml", run.configuration)
        try scratch.write("second/run.yaml", (kept + [merged ?? change]).joined(separator: "\n"))
        let arguments = ["pretrain", "--config", "run.yaml", "--run", run.directory]
        let outcome = try job(
            folders.map { ($0, Program.path("bert-train"), arguments) })
        try expectRefusal(outcome, [first, second, "stale cache"])
        #expect(try !Paths.exists(run.directory))
    }

    @Test("a corpus of another content, to train on and held out")
    func corpora() throws {
        let scratch = TemporaryDirectory()
        let folders = try folders(scratch)
        for (folder, corpus) in try zip(folders, [TinyCorpus.path(), TinyCorpus.otherPath()]) {
            #expect(symlink(corpus, Paths.join(folder, "corpus")) == 0)
            #expect(try symlink(TinyCorpus.path(), Paths.join(folder, "same")) == 0)
        }
        var run = try Run.tiny(steps: 2)
        run.configuration = run.configuration.replacing(try TinyCorpus.path(), with: "corpus")
        let arguments = try run.arguments()
        let program = Program.path("bert-train")
        try expectRefusal(
            job(folders.map { ($0, program, arguments) }),
            ["corpus (SHA-256 of its manifest): ", " on rank 1"])
        #expect(try !Paths.exists(run.directory))
        let heldout = ["--set", "data.train=[same]", "--set", "data.heldout=[corpus]"]
        try expectRefusal(
            job(folders.map { ($0, program, arguments + heldout) }),
            ["the held-out samples (SHA-256): ", "corpus (SHA-256 of its manifest): "])
        // Equal content in different places is no difference.
        try job(folders.map { ($0, program, arguments + ["--set", "data.train=[same]"]) })
            .require()
        let evaluation = ["evaluate", "--checkpoint", run.directory, "--data", "corpus"]
        try expectRefusal(
            job(folders.map { ($0, program, evaluation) }), ["the samples of --data (SHA-256): "])
        let masking = [
            ["--set", "masking.probability=0.15"], ["--set", "masking.probability=0.3"],
        ]
        try expectRefusal(
            job(zip(folders, masking).map { ($0, program, evaluation + $1) }),
            ["masking.probability: 0.15 on rank 0", "0.3 on rank 1"])
    }

    @Test("another checkpoint under the same path; of other models the parameters are rank 0's")
    func models() throws {
        let scratch = TemporaryDirectory()
        let folders = try folders(scratch)
        for (index, folder) in folders.enumerated() {
            let run = try Run.tiny(steps: 2)
            try run.finish(["--set", "run.seed=\(index)"])
            let model = Paths.join(folder, "model")
            try RunningProgram(
                [
                    Program.path("bert"), "checkpoint", "export", "--to", "huggingface",
                    run.directory, model,
                ], in: "/"
            ).wait().require()
            try FileManager.default.copyItem(
                atPath: run.checkpoint(2), toPath: Paths.join(folder, "checkpoint"))
        }
        func evaluate(_ model: String, _ places: [String]) throws -> Outcome {
            let arguments = try [
                "evaluate", "--checkpoint", model, "--data", TinyCorpus.path(), "--set",
                "data.sequence_length=32",
            ]
            return try job(places.map { ($0, Program.path("bert-train"), arguments) })
        }
        let (first, second) = (folders[0], folders[1])
        try expectRefusal(
            evaluate("checkpoint", folders),
            ["checkpoint (SHA-256 of its manifest): ", "run.seed: "])
        let numbers = try [[first, second], [first, first], [second, second]].map { places in
            let outcome = try evaluate("model", places)
            try outcome.require()
            return outcome.output.split(separator: "\n").filter { $0.contains("%") }
        }
        #expect(!numbers[0].isEmpty && numbers[0] == numbers[1] && numbers[0] != numbers[2])
    }

    @Test("another build of the program")
    func programs() throws {
        let scratch = TemporaryDirectory()
        let other = scratch.file("bert-train")
        try FileManager.default.copyItem(atPath: Program.path("bert-train"), toPath: other)
        let file = try #require(fopen(other, "a"))
        fputs("x", file)
        fclose(file)
        let run = try Run.tiny(steps: 2)
        let arguments = try run.arguments()
        let outcome = try job(
            [Program.path("bert-train"), other].map { ("/", $0, arguments) })
        try expectRefusal(outcome, ["program (SHA-256 of the executable): ", " on rank 1"])
    }
}

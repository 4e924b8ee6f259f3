import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// One system call fails: nothing is lost silently, and no existing file is considered missing.
@Suite(
    .serialized, .disabled(if: isLaunched, "starts programs of its own"),
    .enabled(if: FailingCalls.isAvailable, "\(FailingCalls.skipping)"))
struct FaultTests {
    private let scratch = TemporaryDirectory()

    private func bert(_ arguments: [String], _ faults: FailingCalls? = nil) throws -> Outcome {
        try RunningProgram(
            ["env"] + (faults?.environment ?? []) + [Program.path("bert")] + arguments, in: "/"
        ).wait()
    }

    /// Number of calls a program makes while `body` runs it.
    private func count(_ faults: FailingCalls, _ body: (FailingCalls) throws -> Void) throws -> Int
    {
        var faults = faults
        faults.from = 0
        faults.log = scratch.file("log-\(faults.path)")
        try body(faults)
        return fileText(faults.log ?? "").split(separator: "\n").count
    }

    @Test("no write of a checkpoint fails unheard", arguments: ["pwrite", "close", "fsync"])
    func checkpointWrites(call: String) throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let model = scratch.file("model")
        try bert(["checkpoint", "export", "--to", "huggingface", run.directory, model]).require()
        func load(_ name: String, _ faults: FailingCalls?) throws -> Outcome {
            try bert(
                ["checkpoint", "import", "--from", "huggingface", model, scratch.file(name)], faults
            )
        }
        try load("whole", nil).require()
        let whole = try scratch.bytes("whole/model.h5")
        var faults = FailingCalls(calls: [call], path: "model.h5", error: ENOSPC)
        let calls = try count(faults) { try load("counted", $0).require() }
        #expect(calls > 0)
        var failed = 0
        for number in 1...calls {
            faults.from = number
            let outcome = try load("\(number)", faults)
            guard outcome.status != 0 else {
                #expect(try scratch.bytes("\(number)/model.h5") == whole, "\(call) \(number)")
                continue
            }
            failed += 1
            #expect(outcome.status == 74, "\(outcome)")
            #expect(try !Paths.exists(scratch.file("\(number)")))
        }
        // Closing a file that was only read does no harm.
        #expect(call == "close" ? failed > 0 : failed == calls)
        #expect(try Paths.names(in: scratch.path).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("a failed allocation in HDF5 is not reported as a full disk")
    func memoryOfCheckpoints() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let model = scratch.file("model")
        try bert(["checkpoint", "export", "--to", "huggingface", run.directory, model]).require()
        func load(_ name: String, _ faults: FailingCalls) throws -> Outcome {
            try bert(
                ["checkpoint", "import", "--from", "huggingface", model, scratch.file(name)], faults
            )
        }
        var faults = FailingCalls(calls: ["malloc"], path: "libhdf5", error: ENOMEM)
        // Buffers of numbers, which are the large ones.
        faults.bytes = 4096
        let calls = try count(faults) { try load("counted", $0).require() }
        var failed = 0
        for number in stride(from: 1, through: calls, by: max(1, calls / 12)) {
            faults.from = number
            let outcome = try load("\(number)", faults)
            guard outcome.status != 0 else { continue }
            failed += 1
            #expect(outcome.status == 71, "\(number) of \(calls): \(outcome)")
            #expect(outcome.errors.contains("refuses memory"), "\(outcome)")
            #expect(!outcome.errors.contains("is the disk full"), "\(outcome)")
            #expect(try !Paths.exists(scratch.file("\(number)")))
        }
        #expect(failed > 0, "\(calls)")
    }

    @Test("no write of an export fails unheard")
    func exportWrites() throws {
        func export(_ name: String, _ faults: FailingCalls?) throws -> Outcome {
            try bert(
                [
                    "corpus", "export", "--to", "nvidia_hdf5", "--sequence-length", "32", "--count",
                    "40", TinyCorpus.path(), scratch.file(name),
                ], faults)
        }
        var faults = FailingCalls(calls: ["pwrite", "close"], path: ".h5.pending-", error: EDQUOT)
        let calls = try count(faults) { try export("counted.h5", $0).require() }
        for number in 1...calls {
            faults.from = number
            let outcome = try export("\(number).h5", faults)
            // The file is also read, to sync it, and closed without harm.
            guard outcome.status == 0 else {
                #expect(outcome.status == 74, "\(number) of \(calls): \(outcome)")
                #expect(try !Paths.exists(scratch.file("\(number).h5")))
                continue
            }
            #expect(try scratch.bytes("\(number).h5") == scratch.bytes("counted.h5"))
        }
    }

    @Test("a checkpoint that cannot be closed is one that failed", arguments: [ENOSPC, EIO])
    func failedClose(error: Int32) throws {
        var run = try Run.tiny(steps: 6)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 2")
        let faults = FailingCalls(calls: ["pwrite", "close"], path: "model.h5")
        // Writes of the first checkpoint, and its close.
        let log = scratch.file("log")
        run.environment =
            FailingCalls(
                calls: faults.calls, path: faults.path, from: 0, log: log
            ).environment
        try run.finish()
        let close = try #require(
            fileText(log).split(separator: "\n").firstIndex(of: "close").map { $0 + 1 })
        for number in [close - 1, close] {
            try Paths.remove(run.directory)
            run.environment =
                FailingCalls(
                    calls: faults.calls, path: faults.path, from: number, error: error
                ).environment
            let outcome = try run.finish()
            let text = outcome.output + outcome.errors
            #expect(text.contains("the checkpoint of step 2 could not be written"), "\(outcome)")
            #expect(try run.checkpoints() == ["step-00000004", "step-00000006"])
        }
    }

    @Test(
        "checkpoints that cannot be seen for a moment are there",
        arguments: [
            FailingCalls(calls: ["lstat"], path: "/checkpoints", error: ESTALE),
            FailingCalls(calls: ["stat"], path: "/checkpoints", error: ESTALE),
            FailingCalls(calls: ["opendir"], path: "/checkpoints", error: EIO),
            FailingCalls(calls: ["open"], path: "step-00000004/manifest.json", error: EIO),
            FailingCalls(calls: ["read"], path: "step-00000004/model.h5", error: ESTALE),
            FailingCalls(calls: ["open"], path: "step-00000004/model.h5", from: 2, error: EIO),
            FailingCalls(calls: ["pread"], path: "step-00000004/model.h5", error: EIO),
            FailingCalls(calls: ["open"], path: "/metrics.jsonl", error: ESTALE),
            FailingCalls(calls: ["create"], path: "/metrics.jsonl", count: 2, error: ESTALE),
            FailingCalls(calls: ["open", "read"], path: "/.lock", count: 3, error: EIO),
        ])
    func momentaryErrors(faults: FailingCalls) throws {
        var run = try Run.tiny(steps: 4)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 2")
        try run.finish()
        run.configuration = run.configuration.replacing("total_steps: 4", with: "total_steps: 6")
        run.environment = faults.environment
        let outcome = try run.finish(["--allow-changes"])
        #expect(!(outcome.output + outcome.errors).contains("passed over"), "\(outcome)")
        #expect(try run.steps().map(\.step) == Array(1...6))
    }

    @Test("checkpoints that cannot be seen for long end the job, and stay")
    func lastingErrors() throws {
        var run = try Run.tiny(steps: 2)
        try run.finish()
        let faults = FailingCalls(
            calls: ["stat", "lstat", "opendir"], path: "/checkpoints", count: 1_000_000,
            error: ESTALE)
        run.configuration = run.configuration.replacing("total_steps: 2", with: "total_steps: 4")
        run.environment = faults.environment
        try run.train(["--allow-changes"]).require(74)
        #expect(try run.checkpoints() == ["step-00000002"])
    }

    private func evaluate(_ run: Run, json: String, to output: String = "/dev/null") throws
        -> Outcome
    {
        let words = [
            Program.path("bert-train"), "evaluate", "--checkpoint", run.directory, "--data",
            try TinyCorpus.path(), "--json", json,
        ]
        return try RunningProgram(
            ["sh", "-c", "exec \"$@\" > \(output)", "sh"] + words, in: scratch.path
        ).wait()
    }

    @Test("an output that is no file is written to, and a link stays a link")
    func specialOutputs() throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        try evaluate(run, json: scratch.file("plain.json")).require()
        let text = fileText(scratch.file("plain.json"))
        #expect(text.contains("mlm_accuracy"))

        try Paths.createDirectory(scratch.file("elsewhere"))
        symlink("elsewhere/real.json", scratch.file("link.json"))
        for _ in 0..<2 {
            try evaluate(run, json: scratch.file("link.json")).require()
            #expect(try Paths.kind(of: scratch.file("link.json")) == .symbolicLink)
            #expect(fileText(scratch.file("elsewhere/real.json")) == text)
        }
        mkfifo(scratch.file("pipe"), 0o600)
        let reader = try RunningProgram(
            ["sh", "-c", "cat pipe > read.json"], in: scratch.path)
        try evaluate(run, json: scratch.file("pipe")).require()
        try reader.wait().require()
        #expect(try Paths.kind(of: scratch.file("pipe")) == .other)
        #expect(fileText(scratch.file("read.json")) == text)
        // After the program's own output.
        try evaluate(run, json: "/dev/stdout", to: "both").require()
        #expect(fileText(scratch.file("both")).hasSuffix(text))
        #expect(try Paths.names(in: scratch.path).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("folders may be symbolic links")
    func linkedFolders() throws {
        try Paths.createDirectory(scratch.file("disk/checkpoints"))
        symlink("disk", scratch.file("scratch"))
        var run = try Run.tiny(steps: 2)
        let text = try scratch.write(
            "text.txt", "The cat sat.\nThe dog ran.\n\nA bird sang.\nA fish swam.\n")
        let vocabulary = try TinyCorpus.path() + "/vocab.txt"
        try bert(
            ["corpus", "build", "--vocab", vocabulary, "--output", scratch.file("scratch/c"), text]
        ).require()
        try bert(["corpus", "verify", scratch.file("scratch/c")]).require()
        try bert(
            [
                "vocab", "train", "--size", "200", "--unused", "0", "--output",
                scratch.file("scratch/v.txt"), text,
            ]
        ).require()
        // The run is a link, and so is the folder of its checkpoints.
        let folder = scratch.file("disk/run")
        try Paths.createDirectory(folder)
        symlink("../checkpoints", folder + "/checkpoints")
        symlink("disk/run", scratch.file("link"))
        let outcome = try run.finish(["--run", scratch.file("link")])
        #expect(!(outcome.output + outcome.errors).contains("could not"), "\(outcome)")
        run.configuration = run.configuration.replacing("total_steps: 2", with: "total_steps: 4")
        try run.finish(["--run", scratch.file("link"), "--allow-changes"])
        #expect(
            try Paths.names(in: scratch.file("disk/checkpoints"))
                == ["step-00000002", "step-00000004"])
        let model = scratch.file("scratch/model")
        try bert(
            ["checkpoint", "export", "--to", "huggingface", scratch.file("link"), model]
        ).require()
        try bert(
            ["checkpoint", "import", "--from", "huggingface", model, scratch.file("scratch/i")]
        ).require()
        // A link to be replaced remains a link.
        symlink("model", scratch.file("scratch/latest"))
        let again = [
            "checkpoint", "export", "--to", "huggingface", scratch.file("link"),
            scratch.file("scratch/latest"),
        ]
        try bert(again).require(73)
        try bert(again + ["--force"]).require()
        #expect(try Paths.kind(of: scratch.file("disk/latest")) == .symbolicLink)
    }

    @Test(
        "a result that cannot be printed is an error of every command",
        arguments: [">/dev/full", ">&-"])
    func lostOutput(redirection: String) throws {
        let run = try Run.tiny(steps: 2)
        try run.finish()
        let corpus = try TinyCorpus.path()
        let program = Program.path("bert")
        let commands = [
            [program, "corpus", "show", corpus], [program, "corpus", "verify", corpus],
            [program, "checkpoint", "list", run.directory],
            [program, "checkpoint", "verify", run.directory],
            [program, "checkpoint", "diff", run.directory, run.directory],
            [
                program, "checkpoint", "export", "--to", "huggingface", run.directory,
                scratch.file("model"),
            ],
            [
                Program.path("bert-train"), "evaluate", "--checkpoint", run.directory, "--data",
                corpus,
            ],
        ]
        for command in commands {
            let outcome = try RunningProgram(
                ["sh", "-c", "exec \"$@\" \(redirection)", "sh"] + command, in: "/"
            ).wait()
            #expect(outcome.status == 74, "\(command): \(outcome)")
            #expect(outcome.errorLines(with: "standard output").count == 1, "\(outcome)")
        }
    }

    @Test("a limit on the size of files acts like a full disk: training continues")
    func fileSizeLimit() throws {
        var run = try Run.tiny(steps: 4)
        run.configuration = run.configuration.replacing(
            "checkpoint: {every_steps: 0", with: "checkpoint: {every_steps: 2")
        // MPI itself needs files of 5 MB; this model's are larger.
        let sizes = ["--set", "model.hidden_size=256", "--set", "model.intermediate_size=1024"]
        let words = [Program.path("bert-train")] + (try run.arguments(sizes))
        let outcome = try RunningProgram(
            ["bash", "-c", "ulimit -f 5200; exec \"$@\"", "bash"] + words, in: "/"
        ).wait()
        try outcome.require(74)
        #expect((outcome.output + outcome.errors).contains("training goes on"), "\(outcome)")
        #expect(outcome.errors.contains("File too large"), "\(outcome)")
    }
}

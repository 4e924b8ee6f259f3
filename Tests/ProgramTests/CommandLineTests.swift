import DurableFiles
import Pretraining
import TemporaryDirectories
import Testing

/// Output of the programs about themselves, and the commands that a run suggests.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct CommandLineTests {
    @Test("the version names the build and the libraries")
    func version() throws {
        for (program, names) in [
            (
                "bert-train",
                ["commit ", "MPI ", "standard ", "HDF5 ", "instructions "]
            ),
            ("bert", ["commit ", "HDF5 ", "instructions "]),
            ("bert-bench", ["commit ", "MPI ", "instructions "]),
        ] {
            let outcome = try RunningProgram([Program.path(program), "--version"], in: "/").wait()
            try outcome.require()
            #expect(outcome.output.hasPrefix("\(program) "), "\(outcome)")
            for name in names { #expect(outcome.output.contains(name), "\(outcome)") }
        }
    }

    @Test(
        "the ring's benchmark refuses bad options (64), and what its memory cannot hold (78)",
        arguments: [
            (["--segment", "1"], 64), (["--in-flight", "65"], 64), (["--sizes", "4,x"], 64),
            (["--wire", "fp8"], 64), (["--segment", "16777216", "--in-flight", "64"], 78),
            (["--sizes", "4096"], 78),
        ] as [([String], Int32)])
    func ring(options: [String], status: Int32) throws {
        let words = [Program.path("bert-bench"), "ring"] + options
        let outcome = try RunningProgram(
            ["bash", "-c", "ulimit -v 4000000; exec \"$@\"", "bash"] + words, in: "/"
        ).wait()
        try outcome.require(status)
        #expect(outcome.output.isEmpty, "\(outcome)")
        #expect(!outcome.errors.contains("a bug"), "\(outcome)")
    }

    @Test("the help names the main options and subcommands, on lines of at most 80 columns")
    func help() throws {
        let outcome = try Program.train(["--help"])
        try outcome.require()
        for part in [
            "--config", "--set", "--run", "--resume", "mpirun -n 4 bert-train", "check", "keys",
            "evaluate", "finetune", "replay",
        ] {
            #expect(outcome.output.contains(part), "\(part)\n\(outcome)")
        }
        for line in outcome.output.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("all keys are listed with their defaults")
    func keys() throws {
        let outcome = try Program.train(["keys"])
        try outcome.require()
        for key in RunConfiguration.keys {
            #expect(
                outcome.output.contains("\n\(key.path): \(key.defaultValue)\n")
                    || outcome.output.hasPrefix("\(key.path): \(key.defaultValue)\n"))
        }
        let some = try Program.train(["keys", "optimizer.beta"])
        #expect(some.output.split(separator: "\n").count { !$0.hasPrefix(" ") } == 2)
        try Program.train(["keys", "nothing"]).require(64)
    }

    @Test("the commands at the end of a run can be pasted into a shell")
    func nextCommands() throws {
        let scratch = TemporaryDirectory()
        let run = try Run.tiny(steps: 2)
        let directory = scratch.file("a run's")
        let arguments = try run.arguments().dropLast() + [directory]
        func command(_ name: String, _ outcome: Outcome) throws -> String {
            let lines = outcome.output.split(separator: "\n").map {
                $0.drop { $0 == " " }
            }
            let line = try #require(lines.first { $0.hasPrefix(name) }, "\(outcome)")
            return String(line.dropFirst(name.count).drop { $0 == " " })
        }
        func paste(_ command: String) throws -> Outcome {
            try RunningProgram(["sh", "-c", command], in: "/").wait()
        }
        let outcome = try Program.train(ranks: 2, Array(arguments))
        try outcome.require()
        for name in ["evaluate ", "export "] { try paste(command(name, outcome)).require() }
        #expect(try Paths.exists(Paths.join(directory, "hf/config.json")))
        let again = try Program.train(Array(arguments))
        let evaluation = try command(
            "\(directory): the run is finished; to evaluate it again: ", again)
        try paste(evaluation).require()
        let stopped = try Program.train(
            ranks: 2,
            arguments.dropLast() + [scratch.file("other")]
                + ["--set", "schedule.total_steps=100000", "--time-left", "0:01"])
        try stopped.require(75)
        let goingOn = try command("run again: ", stopped)
        #expect(goingOn.contains("-n 2 ") && goingOn.hasSuffix("--time-left 0:01"), "\(stopped)")
    }
}

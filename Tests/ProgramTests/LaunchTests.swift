import DurableFiles
import Glibc
import Reporting
import TemporaryDirectories
import Testing

/// `Cluster/launch`, which restarts jobs if there is no scheduler.
@Suite(.serialized, .disabled(if: isLaunched, "starts jobs of its own"))
struct LaunchTests {
    private static let script: String = {
        let root = (0..<3).reduce("\(#filePath)") { path, _ in Paths.parent(of: path) }
        return Paths.join(root, "Cluster/launch")
    }()

    /// A script that ends with each of `statuses` in turn, and records each start in `log`.
    private static func command(_ statuses: [Int], log: String) -> [String] {
        let text = """
            n=$(wc -l <"$0"); echo start >>"$0"
            set -- \(statuses.map(String.init).joined(separator: " "))
            shift "$n"; exit "$1"
            """
        return ["bash", "-c", text, log]
    }

    private static func launch(_ arguments: [String], _ command: [String]) throws -> Outcome {
        try RunningProgram([script] + arguments + command, in: "/").wait()
    }

    @Test(
        "exit statuses that are restarted, and those that are not",
        arguments: [
            ([0], 0, 1), ([75, 74, 70, 137, 255, 0], 0, 6), ([64], 64, 1), ([65], 65, 1),
            ([66], 66, 1), ([75, 78, 0], 78, 2), ([127], 127, 1),
            ([74, 74, 74, 74, 74, 74, 74, 0], 74, 7),
        ])
    func statuses(_ statuses: [Int], _ expected: Int32, _ starts: Int) throws {
        let scratch = TemporaryDirectory()
        let log = try scratch.write("log", "")
        let outcome = try Self.launch(
            ["--restarts", "6", "--backoff", "0"], Self.command(statuses, log: log))
        try outcome.require(expected)
        #expect(fileText(log).split(separator: "\n").count == starts, "\(outcome)")
    }

    @Test("wrong usage", arguments: [[], ["--restarts"], ["--restarts", "x", "true"], ["--what"]])
    func usage(arguments: [String]) throws {
        try Self.launch(arguments, []).require(64)
    }

    @Test("a job with a killed rank is done in the end, with the same bits")
    func killedRank() throws {
        func make() throws -> Run {
            var run = try Run.tiny(steps: 60)
            for (old, new) in [
                ("batch: {global: 12, micro: 4}", "batch: {global: 96, micro: 8}"),
                ("checkpoint: {every_steps: 0", "checkpoint: {every_steps: 5"),
            ] { run.configuration = run.configuration.replacing(old, with: new) }
            return run
        }
        let whole = try make()
        try whole.finish(ranks: 2)
        let run = try make()
        let command = Program.launcher + ["-n", "2", Program.path("bert-train")]
        let job = try RunningProgram(
            [Self.script, "--backoff", "0"] + command + (try run.arguments()), in: "/")
        for step in [5, 25] {
            try job.wait { try Paths.isDirectory(run.checkpoint(step)) && job.ranks.count == 2 }
            kill(try #require(job.ranks.randomElement()), SIGKILL)
        }
        let outcome = job.wait()
        try outcome.require()
        #expect(outcome.errorLines(with: "launch: ended with").count == 2, "\(outcome)")
        #expect(try run.content(60) == whole.content(60))
        #expect(try run.losses() == whole.losses())
    }

    /// MPICH's mpirun would itself be ended by SIGHUP, and loses its ranks' status as often as not.
    @Test(
        "a signal stops the job with 75, and nothing is started after it",
        arguments: [SIGTERM, SIGHUP])
    func stopped(signal: Int32) throws {
        let run = try Run.tiny(steps: 1_000_000)
        let command = Program.launcher + ["-n", "2", Program.path("bert-train")]
        let job = try RunningProgram([Self.script] + command + (try run.arguments()), in: "/")
        try job.wait { !fileText(run.path("metrics.jsonl")).isEmpty }
        kill(try #require(job.launcher), signal)
        try job.wait().require(75)
        #expect(fileText(run.path("summary.json")).contains("\"status\": \"preempted\""))
        #expect(try run.events("resume", as: ResumeRecord.self).isEmpty)
    }
}

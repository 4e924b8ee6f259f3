import ArgumentParser
import DurableFiles
import ExitCoding
import FileNames
import FineTuning
import Glibc
import Kernels
import MPI
import OperatingSystem
import Tokenization
import Version

/// Benchmarks. None is a test: times are for people, and for `docs/performance.md`.
@main
struct BertBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert-bench",
        abstract:
            "Measures training steps, kernels, the ring and checkpoints, each against its yardstick.",
        discussion: """
            Nothing is timed before its results are compared with a second way to compute them. \
            Measure on a machine that does nothing else, and believe ratios before seconds.
            """,
        version: ProgramVersion.isAskedFor ? version : ProgramVersion.number,
        subcommands: [
            StepCommand.self, FinetuneCommand.self, CompareCommand.self, PeakCommand.self,
            GemmCommand.self,
            KernelsCommand.self, Ring.self, CheckpointCommand.self,
        ])

    private static var version: String {
        ProgramVersion.text(
            of: "bert-bench",
            libraries: [
                ("MPI", MPIEnvironment.libraryVersion),
                ("instructions", "\(InstructionSet.supported)"),
            ])
    }

    /// Parses and runs; a library error is printed once, with its sysexits(3) status.
    static func main() {
        ProcessStart.prepare(program: "bert-bench")
        do {
            var command = try parseAsRoot(CommandLineArguments.afterProgram)
            try command.run()
        } catch {
            if let status = (error as? any ExitCoded)?.exitCode {
                StandardStreams.tell("bert-bench: \(error)")
                Glibc.exit(status)
            }
            let status = exitCode(for: error).rawValue
            let text = fullMessage(for: error)
            if status != ExitStatus.success {
                StandardStreams.tell(text)
            } else if !text.isEmpty {
                try? StandardStreams.writeLine(text)
            }
            Glibc.exit(status)
        }
    }
}

import ArgumentParser
import DurableFiles
import FileNames
import Glibc
import HDF5
import Kernels
import MPI
import OperatingSystem
import Version

/// The MPI program: pre-training (the default), evaluation, fine-tuning, and replay of batches that overflowed.
@main
struct BertTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert-train",
        abstract:
            "Pre-trains, evaluates and fine-tunes BERT on a cluster of CPUs; start it with mpirun.",
        usage: """
            bert-train [--config <file>] [--set <key.path=value> ...] [<option> ...]
            bert-train <subcommand> [<option> ...]
            """,
        discussion: """
            Without --config it trains a small model on the bundled texts. Run again, it resumes \
            from its last checkpoint.

            Main options of pre-training, which needs no subcommand:
              --config <file>         the configuration, YAML (docs/configuration.md)
              --set <key.path=value>  overrides a key (bert-train keys lists all)
              --run <directory>       the run directory
              --resume <from>         auto, never, or a checkpoint's path
              --allow-changes         resume although settings differ from the checkpoint's

            Examples:
              mpirun -n 4 bert-train
              bert-train check --config my-run.yaml --ranks 64
              mpirun -n 4 bert-train --config my-run.yaml --set batch.micro=8
              bert-train evaluate --checkpoint Checkpoints/my-run --data Corpora/en
              mpirun -n 4 bert-train finetune --config tasks.yaml
            """,
        version: ProgramVersion.isAskedFor ? version : ProgramVersion.number,
        subcommands: [
            PretrainCommand.self, EvaluateCommand.self, FinetuneCommand.self, CheckCommand.self,
            KeysCommand.self, ReplayCommand.self,
        ],
        defaultSubcommand: PretrainCommand.self)

    private static var version: String {
        ProgramVersion.text(
            of: "bert-train",
            libraries: [
                ("MPI", MPIEnvironment.libraryVersion), ("HDF5", HDF5Library.version),
                ("instructions", "\(InstructionSet.supported)"),
            ])
    }

    /// Parses and runs. Every rank has the same arguments, so only rank 0 prints the parser's
    /// messages.
    static func main() {
        StandardStreams.prepare()
        ProcessStart.prepare(program: "bert-train")
        do {
            var command = try parseAsRoot(CommandLineArguments.afterProgram)
            try command.run()
        } catch {
            let status = exitCode(for: error).rawValue
            let text = fullMessage(for: error)
            if !text.isEmpty { Job.sayOnce(text, status: status) }
            Glibc.exit(status)
        }
    }
}

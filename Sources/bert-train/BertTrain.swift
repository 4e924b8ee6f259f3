import ArgumentParser
import Glibc
import OperatingSystem

/// The MPI program: pre-training (the default), evaluation, fine-tuning, and replay of batches that overflowed.
@main
struct BertTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert-train",
        abstract:
            "Pre-trains, evaluates and fine-tunes BERT on a cluster of CPUs; start it with mpirun.",
        discussion: """
            Without --config it trains a small model on the bundled texts. Run it again and it goes \
            on from its last checkpoint.
            """,
        version: "0.1.0",
        subcommands: [
            PretrainCommand.self, EvaluateCommand.self, FinetuneCommand.self, ReplayCommand.self,
        ],
        defaultSubcommand: PretrainCommand.self)

    /// Parses and runs. Every rank has the same arguments, so what the parser has to say of them
    /// is said by rank 0 alone.
    static func main() {
        ProcessStart.prepare(program: "bert-train")
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let status = exitCode(for: error).rawValue
            let text = fullMessage(for: error)
            if !text.isEmpty { Job.sayOnce(text, status: status) }
            Glibc.exit(status)
        }
    }
}

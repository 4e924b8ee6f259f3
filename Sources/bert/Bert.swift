import ArgumentParser
import Checkpointing
import Corpus
import DurableFiles
import ExitCoding
import FileNames
import FineTuning
import Glibc
import HDF5
import Kernels
import OperatingSystem
import Tokenization
import Version

/// Command line tools for everything around training that runs in one process.
@main
struct Bert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bert",
        abstract: "Vocabularies, tokens, corpora, checkpoints and predictions for BERT.",
        version: ProgramVersion.isAskedFor ? version : ProgramVersion.number,
        subcommands: [
            VocabCommand.self, TokenizeCommand.self, CorpusCommand.self, CheckpointCommand.self,
            PredictCommand.self,
        ])

    private static var version: String {
        ProgramVersion.text(
            of: "bert",
            libraries: [
                ("HDF5", HDF5Library.version),
                ("instructions", "\(InstructionSet.supported)"),
            ])
    }

    /// Parses and runs; a library error is printed once, with its sysexits(3) status.
    static func main() {
        StandardStreams.prepare()
        ProcessStart.prepare(program: "bert")
        do {
            var command = try parseAsRoot(CommandLineArguments.afterProgram)
            try command.run()
        } catch {
            if let status = (error as? any ExitCoded)?.exitCode {
                StandardStreams.tell("bert: \(error)")
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

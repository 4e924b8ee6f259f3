import ArgumentParser
import Configuration
import Distributed
import DurableFiles
import MPI
import Reporting
import Training

/// `bert-train evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Held-out accuracy and loss of a checkpoint, run or Hugging Face directory.")

    @Option(
        help: "A run directory (its newest good checkpoint), a checkpoint, or a model directory.")
    var checkpoint: String
    @Option(
        parsing: .upToNextOption, help: "Corpus directories (held-out split), or HDF5 files.")
    var data: [String]
    @Option(help: "Also write the numbers to this file, as JSON.")
    var json: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A configuration key to set.", valueName: "key.path=value"))
    var set: [String] = []

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let agreement = Agreement(among: world)
            try agreement.together(exitCode: ExitStatus.of) {
                guard world.rank == 0, let json else { return }
                try WholeFiles.requireWritable(json)
            }
            let evaluation = try CheckpointEvaluation(
                checkpoint: checkpoint, data: data, overrides: set, communicator: world)
            try agreement.together(exitCode: ExitStatus.of) {
                guard world.rank == 0 else { return }
                let console = ConsoleReporter()
                for notice in evaluation.notices { console.warning(notice) }
                console.note("model \(evaluation.path), in \(evaluation.compute.rawValue)")
                console.evaluation(evaluation.record)
                if let json { try WholeFiles.writeAtomically(json, evaluation.record.json) }
            }
            return ExitStatus.success
        }
    }
}

import ArgumentParser
import Distributed
import DurableFiles
import ExitCoding
import MPI
import Pretraining
import Reporting
import Tensors

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
    @Flag(
        help: "Evaluate all checkpoints of a run directory, oldest first; the JSON is a list then.")
    var all = false
    @Option(help: "Also write the numbers to this file, as JSON.")
    var json: String?
    @OptionGroup var overrides: OverrideOptions

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let agreement = Agreement(among: world)
            try agreement.throwingTogether {
                guard world.rank == 0, let json else { return }
                try WholeFiles.requireWritable(json)
            }
            let console = world.rank == 0 ? ConsoleReporter() : nil
            if all {
                try evaluateAll(console, agreement, world)
            } else {
                let evaluation = try CheckpointEvaluation(
                    checkpoint: checkpoint, data: data, overrides: overrides.set,
                    communicator: world)
                try agreement.throwingTogether {
                    if let console { try report(evaluation, console) }
                }
            }
            return ExitStatus.success
        }
    }

    private func report(
        _ evaluation: CheckpointEvaluation, _ console: ConsoleReporter
    ) throws {
        for notice in evaluation.notices { console.warning(notice) }
        console.note("model \(evaluation.report.path), in \(evaluation.compute.rawValue)")
        console.report(evaluation.report)
        if let json { try WholeFiles.writeAtomically(json, evaluation.report.json) }
        try console.requireWritten()
    }

    /// The file is written after each checkpoint, so that results survive whatever ends the
    /// evaluation later. Anything but a plain file, such as a pipe, gets the whole list once.
    private func evaluateAll(
        _ console: ConsoleReporter?, _ agreement: Agreement, _ world: Communicator
    ) throws {
        var reports: [EvaluationReport] = []
        let isReplaceable = try agreement.throwingTogether {
            try console != nil && json.map { try WholeFiles.isReplaceable($0) } ?? false
        }
        try CheckpointEvaluation.curve(
            run: checkpoint, data: data, overrides: overrides.set, communicator: world
        ) { result in
            try agreement.throwingTogether {
                guard let console else { return }
                switch result {
                case .success(let evaluation):
                    reports.append(evaluation.report)
                    console.evaluation(evaluation.report.record)
                    if let json, isReplaceable {
                        try WholeFiles.writeAtomically(json, EvaluationReport.json(reports))
                    }
                case .failure(let failure): console.warning("passed over: \(failure.message)")
                }
            }
        }
        try agreement.throwingTogether {
            guard let console else { return }
            console.curve(reports)
            if let json, !isReplaceable {
                try WholeFiles.writeAtomically(json, EvaluationReport.json(reports))
            }
            try console.requireWritten()
        }
    }
}

import ArgumentParser
import Distributed
import DurableFiles
import FanOut
import FineTuning
import Formats
import MPI
import Pretraining
import Reporting

/// `bert-train check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks a run before it starts: its problems, memory, time and disk.",
        discussion: """
            Reads the configuration, verifies every file that it names, compares vocabulary, model and \
            data, and times some steps of the model. It reports all problems at once, exits with \
            the status of the first, and writes nothing into the run directory. For a fine-tuning \
            file it reads the data of all tasks, and times every task from every model.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "The number of ranks of the run (default: those of mpirun).")
    var ranks: Int?
    @Flag(name: .customLong("no-benchmark"), help: "Time no steps, and estimate no duration.")
    var skipsBenchmark = false
    @Option(help: ArgumentHelp("Also write the findings to this file, as JSON.", valueName: "file"))
    var json: String?

    func validate() throws {
        if let ranks, !(1...1_000_000).contains(ranks) {
            throw ValidationError("--ranks is \(ranks); it must be from 1 to 1000000")
        }
    }

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let agreement = Agreement(among: world)
            let isFineTuning = try agreement.throwingTogether {
                guard world.rank == 0 else { return false }
                if let json { try WholeFiles.requireWritable(json) }
                return try ConfigurationPurpose(
                    ofFile: options.file, overrides: options.overrides) == .fineTuning
            }
            // Rank 0's result counts; another rank may see an older file, which is reported later.
            let report =
                try agreement.anyTrue(isFineTuning)
                ? checkFineTuning(world) : checkPretraining(world)
            try agreement.throwingTogether {
                guard world.rank == 0 else { return }
                report.print(on: ConsoleReporter())
                if let json { try WholeFiles.writeAtomically(json, report.json) }
            }
            return Int32(try world.broadcast(Int64(report.exitCode)))
        }
    }

    private func checkPretraining(_ world: Communicator) throws -> CheckReport {
        let reading = try Agreement(among: world).throwingTogether {
            try RunConfiguration.read(
                path: options.file, overrides: options.overrides)
        }
        return try PretrainingCheck(
            reading, directory: options.run.directory, ranks: ranks, measures: !skipsBenchmark,
            communicator: world
        ).report
    }

    private func checkFineTuning(_ world: Communicator) throws -> CheckReport {
        let reading = try Agreement(among: world).throwingTogether {
            try FineTuningConfiguration.read(
                path: options.file, overrides: options.overrides)
        }
        return try FineTuningCheck(
            reading, directory: options.run.directory, ranks: ranks, measures: !skipsBenchmark,
            communicator: world
        ).report
    }
}

import ArgumentParser
import Distributed
import FanOut
import FineTuning
import MPI
import Training

/// `bert-train finetune`.
struct FinetuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Fine-tunes models on tasks: all tasks, seeds and learning rates of a file.",
        discussion: """
            Groups of ranks take trials as they become free. Results land in the directory: \
            results.md, results.json, and the best model of each task in models/TASK, for \
            `bert predict`. Stopped by a signal, it keeps the state of every trial and exits with 75; \
            the same command goes on from there.
            """)

    @Option(help: "The configuration, YAML: docs/finetuning.md.")
    var config: String
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A key to set over the configuration's.", valueName: "key.path=value"))
    var set: [String] = []
    @Option(
        name: .customLong("run"), help: "The directory of the results (default: directory/name).")
    var runDirectory: String?

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let configuration = try Agreement(among: world).together(exitCode: ExitStatus.of) {
                try FineTuningConfiguration.load(path: config, overrides: set)
            }
            StopSignals.watch()
            return try FanOutRun(configuration, directory: runDirectory, world: world).run()
        }
    }
}

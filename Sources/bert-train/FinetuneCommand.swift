import ArgumentParser
import Distributed
import DurableFiles
import FanOut
import FineTuning
import MPI
import Pretraining
import Runtime

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

    @OptionGroup var options: ConfigurationOptions
    @Option(
        help: ArgumentHelp(
            "Only every N-th task, beginning with the I-th, in the directory's part-I-of-N; the "
                + "other parts are other jobs'.",
            valueName: "i/n"),
        transform: {
            guard let part = FanOutPart($0) else {
                throw ValidationError("a part is I/N: number I of N, from 1")
            }
            return part
        })
    var part: FanOutPart?

    func run() throws {
        try Job.run { environment in
            let world = environment.world
            let configuration = try Agreement(among: world).throwingTogether {
                try load()
            }
            var directory = options.run.directory ?? configuration.resultsDirectory
            if let part { directory = Paths.join(directory, part.folder) }
            StopSignals.watch()
            return try FanOutRun(configuration, directory: directory, world: world).run()
        }
    }

    private func load() throws -> FineTuningConfiguration {
        var configuration = try FineTuningConfiguration.load(
            path: options.file, overrides: options.overrides)
        if let part {
            let count = configuration.tasks.count
            guard configuration.restrict(to: part) else {
                throw PretrainingError.configuration(
                    "part \(part.number) of \(part.count) would be empty: \(options.file) has "
                        + "\(count) task(s); ask for at most as many parts")
            }
        }
        return configuration
    }
}

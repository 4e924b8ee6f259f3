import ArgumentParser
import Configuration
import Distributed
import DurableFiles
import MPI
import QuickStart
import Training

/// `bert-train pretrain`.
struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Pre-trains a model, or goes on with it (the default).")

    @Option(help: "The configuration, YAML; without one, the quick start's.")
    var config: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A key to set over the configuration's.", valueName: "key.path=value"))
    var set: [String] = []
    @Option(
        name: .customLong("run"), help: "The run directory (default: run.directory/run.name).")
    var runDirectory: String?
    @Option(help: "auto (from the newest good checkpoint, if any), never, or a checkpoint's path.")
    var resume = "auto"
    @Flag(help: "Go on though settings differ from the checkpoint's.")
    var allowChanges = false
    @Option(
        help: ArgumentHelp(
            "Stop after a checkpoint before this time is over: MINUTES, [DAYS-]HOURS:MINUTES:SECONDS "
                + "(default: until SLURM_JOB_END_TIME, if set).",
            valueName: "time"),
        transform: {
            guard let seconds = TimeLimit.seconds($0) else {
                throw ValidationError(
                    "a time is MINUTES, MINUTES:SECONDS or [DAYS-]HOURS:MINUTES:SECONDS, or "
                        + "UNLIMITED and the other words that squeue prints")
            }
            return seconds
        })
    var timeLeft: Double?

    func run() throws {
        try Job.run { environment in
            let endTime = TimeLimit.endTime(timeLeft: timeLeft)
            let world = environment.world
            let agreement = Agreement(among: world)
            var configuration = try agreement.together { try load() }
            Watchdog.setTimeout(configuration.parallel.timeout)
            if config == nil && configuration.data.train.isEmpty {
                configuration.data.train = [
                    try prepareQuickStart(configuration, agreement, world.rank == 0)
                ]
            }
            let options = RunOptions(
                configuration: configuration, directory: runDirectory, resume: resumption,
                allowsChanges: allowChanges, endTime: endTime)
            StopSignals.watch()
            return try PretrainingRun(options, communicator: world).run()
        }
    }

    private var resumption: RunOptions.Resume {
        switch resume {
        case "auto": .auto
        case "never": .never
        default: .path(resume)
        }
    }

    private func load() throws -> RunConfiguration {
        if let config {
            return try RunConfiguration.load(path: config, overrides: set)
        }
        // The quick start's sizes and rates are made for its own small texts: who brings other
        // data starts from the defaults.
        if set.contains(where: { $0.hasPrefix("data.train=") }) {
            return try RunConfiguration.parse("{}", name: "the defaults", overrides: set)
        }
        return try RunConfiguration.parse(
            QuickStart.configuration(), name: "quickstart.yaml", overrides: set)
    }

    /// The bundled corpus, made by the coordinator while the others wait.
    private func prepareQuickStart(
        _ configuration: RunConfiguration, _ agreement: Agreement, _ isCoordinator: Bool
    ) throws -> String {
        let run = runDirectory ?? "\(configuration.run.directory)/\(configuration.run.name)"
        let directory = "\(run)/data"
        try agreement.together {
            guard isCoordinator else { return }
            _ = try QuickStart.prepare(in: directory, workers: 1)
        }
        return "\(directory)/corpus"
    }
}

import ArgumentParser
import Distributed
import DurableFiles
import MPI
import Pretraining
import QuickStart
import Runtime

/// `bert-train pretrain`.
struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Pre-trains a model, or resumes its run (the default).",
        usage: "bert-train [--config <file>] [--set <key.path=value> ...] [<option> ...]")

    @Option(
        help: ArgumentHelp(
            "The configuration, YAML; without one, the quick start's.", valueName: "file"))
    var config: String?
    @OptionGroup var given: RunDirectoryOptions
    @Option(
        help: ArgumentHelp(
            "auto (from the newest good checkpoint, if any), never, or a checkpoint's path.",
            valueName: "from"))
    var resume = "auto"
    @Flag(help: "Resume although settings differ from the checkpoint's.")
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
            let configuration = try agreement.throwingTogether { try load() }
            var options = RunOptions(
                configuration: configuration, directory: given.directory, resume: resumption,
                allowsChanges: allowChanges, endTime: endTime)
            try options.requireEqual(among: world)
            Watchdog.setTimeout(configuration.parallel.timeout)
            if config == nil && configuration.data.train.isEmpty {
                options.configuration.data.train = [
                    try prepareQuickStart(options.directory, agreement, world.rank == 0)
                ]
            }
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
            return try RunConfiguration.load(path: config, overrides: given.overrides.set)
        }
        // The quick start's sizes and rates are made for its own small texts, and its name is that
        // of its run, so runs with other data start from the defaults.
        let own = Result {
            try RunConfiguration.parse(
                "", name: "the defaults", overrides: given.overrides.set, runName: "pretraining")
        }
        if case .success(let configuration) = own, !configuration.data.train.isEmpty {
            return configuration
        }
        // Its sizes differ from the defaults, so overrides that do not fit those may fit these.
        let quickStart = try RunConfiguration.parse(
            QuickStart.configuration(), name: "quickstart.yaml", overrides: given.overrides.set)
        return quickStart.data.train.isEmpty ? quickStart : try own.get()
    }

    /// Prepares the bundled corpus on the coordinator while the others wait.
    private func prepareQuickStart(
        _ run: String, _ agreement: Agreement, _ isCoordinator: Bool
    ) throws -> String {
        let directory = "\(run)/data"
        try agreement.throwingTogether {
            guard isCoordinator else { return }
            try Watchdog.working(on: "building the quick start's corpus") {
                _ = try QuickStart.prepare(in: directory, workers: 1)
            }
        }
        return "\(directory)/corpus"
    }
}

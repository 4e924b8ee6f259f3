import BERT
import Checkpointing
import Distributed
import DurableFiles
import ExitCoding
public import FineTuning
import Glibc
import Kernels
public import MPI
import OperatingSystem
import Reporting
import Runtime
import Tensors
import Tokenization

/// A fan-out of fine-tuning over the ranks of a job: `bert-train finetune`.
///
/// The ranks are divided into groups, each of which works on one trial at a time. Rank 0 is the
/// coordinator and also works; it serves the others between two kernels.
public final class FanOutRun {
    let configuration: FineTuningConfiguration
    private(set) var directory: FanOutDirectory
    let groups: RankGroups
    private let world: Communicator
    private let agreement: Agreement
    private let view = FanOutView()
    private var lock: DirectoryLock?

    /// Makes a fan-out over the ranks of `world` with results in `directory`.
    public init(
        _ configuration: FineTuningConfiguration, directory: String, world: Communicator
    ) {
        self.configuration = configuration
        self.directory = FanOutDirectory(path: directory)
        self.world = world
        agreement = Agreement(among: world)
        groups = RankGroups(ranks: world.size, ranksPerTrial: configuration.ranksPerTrial)
    }

    private var isCoordinator: Bool { world.rank == 0 }

    /// Runs all unfinished trials. Collective.
    ///
    /// - Returns: the exit status: 0, 75 if it was stopped (run it again), or that of the first
    ///   trial that failed permanently.
    /// - Throws: errors that prevent the fan-out from starting, on all ranks alike.
    public func run() throws -> Int32 {
        try compareConfigurations()
        let threads = try ThreadPlan.threads(.auto, communicator: world)
        let memory = try MemoryShare(among: world)
        // Nothing is created before everything that can be checked has been checked.
        let survey = try throwingTogether {
            guard isCoordinator else { return FanOutSurvey?.none }
            return try Watchdog.working(on: "reading the tasks") { try makeSurvey() }
        }
        let starts = try open(survey)
        let needed = try throwingTogether { try check(starts, threads, memory) }
        let settings = try settings(starts)
        try throwingTogether { if isCoordinator { try Paths.createDirectory(directory.path) } }
        guard try lockDirectory() else { return ExitStatus.preempted }
        defer { lock = nil }
        if let survey { view.banner(banner(survey, threads: threads, memory: needed)) }
        let coordinator = try throwingTogether { try makeCoordinator(starts, settings, survey) }
        do {
            try work(coordinator, starts, settings, KernelExecutor(threads: threads), memory)
        } catch let error as CoordinatorError {
            // The cause says what to do.
            throw error.cause
        }
        return try end(coordinator)
    }

    /// Throws if ranks were given different configurations.
    private func compareConfigurations() throws {
        var inputs = SharedInputs()
        inputs.add("--run", directory.path)
        inputs.add(configuration)
        try inputs.requireEqual(among: world)
    }

    /// Reads the settings that determine the trials; the same on all ranks.
    private func settings(_ starts: [StartingModel]) throws -> TrialSettings {
        let settings = try throwingTogether {
            try Watchdog.working(on: "hashing the tasks' files") { try readSettings(starts) }
        }
        var inputs = SharedInputs()
        inputs.add(settings)
        try inputs.requireEqual(among: world)
        return settings
    }

    private func readSettings(_ starts: [StartingModel]) throws -> TrialSettings {
        var settings = TrialSettings()
        for task in configuration.tasks {
            settings.tasks[task.name] = configuration.settings(
                of: task, train: try ContentName.ofFile(task.train),
                evaluate: try ContentName.ofFile(task.evaluate))
        }
        for start in starts {
            settings.checkpoints[start.point.name] = try start.settings()
        }
        return settings
    }

    private func throwingTogether<Result>(_ body: () throws -> Result) throws -> Result {
        try agreement.throwingTogether(body)
    }

    private func makeSurvey() throws -> FanOutSurvey {
        let survey = FanOutSurvey(configuration, directory: directory)
        for notice in survey.notices { view.note("warning: \(notice)") }
        try survey.requireSound()
        return survey
    }

    /// Opens on all ranks the models that rank 0 has verified.
    private func open(_ survey: FanOutSurvey?) throws -> [StartingModel] {
        let own = try Wire.encode(survey?.starts.map(\.saved.path) ?? [])
        let paths: [String] = try Wire.decode(try world.broadcast(bytes: own))
        return try throwingTogether {
            try survey?.starts
                ?? zip(configuration.checkpoints, paths).map {
                    try StartingModel($0, verified: $1)
                }
        }
    }

    /// Checks that depend on the machine.
    ///
    /// - Returns: the memory of the largest trial on this rank, in bytes.
    private func check(
        _ starts: [StartingModel], _ threads: Int, _ memory: MemoryShare
    ) throws -> Int {
        var most = 0
        for start in starts {
            for task in configuration.tasks {
                let needed = TrialMemory(task, of: configuration, from: start, threads: threads)
                most = max(most, try needed.check(task.name, memory))
            }
        }
        return most
    }

    /// Locks the directory. Returns false if a rank was asked to stop meanwhile; otherwise all
    /// ranks know the lock.
    private func lockDirectory() throws -> Bool {
        let outcome = try RunDirectoryLock.acquire(
            directory.path, agreement: agreement, isCoordinator: isCoordinator,
            isStopRequested: { StopSignals.received != nil }, note: view.note)
        guard case .held(let lock) = outcome else { return false }
        self.lock = lock
        let witness = try world.broadcast(bytes: try lock.map { try Wire.encode($0.witness) } ?? [])
        directory.lock = try Wire.decode(witness)
        return true
    }

    private func makeCoordinator(
        _ starts: [StartingModel], _ settings: TrialSettings, _ survey: FanOutSurvey?
    ) throws -> Coordinator? {
        guard isCoordinator, let survey else { return nil }
        return try Coordinator(
            configuration, settings: settings, baselines: survey.tasks.map(\.survey.baseline),
            workers: groups.count, directory: directory, view: view
        ) { trial in
            let task = configuration.tasks[trial.task]
            let model = starts[trial.checkpoint].configuration
            // A context is read once per question; a tenth of CoNLL-U is words.
            let text =
                switch task.format(of: task.train) {
                case .squad: 5.0
                case .conllu: 0.1
                default: 1.0
                }
            // Only the order of trials depends on it.
            let bytes = (try? Paths.size(of: task.train)) ?? 0
            return text * Double(bytes) * Double(trial.epochs)
                * Double(model.layers * model.hiddenSize * model.hiddenSize)
        }
    }

    private func work(
        _ coordinator: Coordinator?, _ starts: [StartingModel], _ settings: TrialSettings,
        _ executor: KernelExecutor, _ memory: MemoryShare
    ) throws {
        guard let group = try world.split(color: groups.group(of: world.rank)) else {
            preconditionFailure("every rank has a group")
        }
        let messages = try world.duplicate()
        let clock = { MonotonicClock.seconds }
        let server = coordinator.map {
            CoordinatorServer(
                $0, leaders: groups.leaders, communicator: messages, clock: clock)
        }
        var link: (any CoordinatorLink)? = server
        if group.rank == 0 && link == nil { link = RemoteLink(messages, clock: clock) }
        let trials = TrialGroup(
            configuration, settings: settings, starts: starts, directory: directory,
            group: group, link: link, executor: executor, memory: memory, clock: clock)
        // Working leaders send messages, so the watchdog detects silence.
        var wait = YieldingWait(in: "the trials of others")
        try trials.work {
            usleep(20_000)
            guard let server else { return }
            if try server.serve() { wait.reset() } else { wait.pause() }
        }
        while let server, !server.isOver {
            if try server.serve() { wait.reset() } else { wait.pause() }
        }
        try world.barrier()
    }

    private func end(_ coordinator: Coordinator?) throws -> Int32 {
        var status = ExitStatus.success
        if let coordinator {
            view.finish()
            if coordinator.isStopping && !coordinator.plan.isComplete {
                status = ExitStatus.preempted
                view.note(
                    "stopped; states are kept in \(directory.path): run the same command again")
            } else {
                view.note(coordinator.summary())
                status = coordinator.plan.failureStatus ?? ExitStatus.success
            }
        }
        return Int32(try world.broadcast(Int64(status)))
    }
}

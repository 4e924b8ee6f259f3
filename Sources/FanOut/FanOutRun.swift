import BERT
import Configuration
import Distributed
import DurableFiles
import ExitCoding
public import FineTuning
import Glibc
import Kernels
public import MPI
import OperatingSystem
import Reporting
import Tensors
import Training

/// A fan-out of fine-tuning over the ranks of a job: `bert-train finetune`.
///
/// The ranks are divided into groups; each group works on one trial at a time. Rank 0 is the
/// coordinator and also works: between two kernels it serves the others.
public final class FanOutRun {
    private let configuration: FineTuningConfiguration
    private let directory: FanOutDirectory
    private let world: Communicator
    private let agreement: Agreement
    private let view = FanOutView()
    private var lock: DirectoryLock?

    /// A fan-out among the ranks of `world`, whose results land in `directory`.
    public init(
        _ configuration: FineTuningConfiguration, directory: String, world: Communicator
    ) {
        self.configuration = configuration
        self.directory = FanOutDirectory(path: directory)
        self.world = world
        agreement = Agreement(among: world)
    }

    private var isCoordinator: Bool { world.rank == 0 }

    /// Runs all trials that are not done. Collective.
    ///
    /// - Returns: the exit status: 0, 75 where it was stopped (run it again), or that of the first
    ///   trial that failed for good.
    /// - Throws: what keeps the fan-out from starting, on all ranks alike.
    public func run() throws -> Int32 {
        let threads = try ThreadPlan.threads(.auto, communicator: world)
        let memory = try MemoryShare(among: world)
        try together {
            if isCoordinator {
                try directory.requireOwn()
                try Paths.createDirectory(directory.path)
                try checkFiles()
            }
        }
        guard try lockDirectory() else { return ExitStatus.preempted }
        defer { lock = nil }
        let starts = try configuration.checkpoints.map { point in
            try StartingModel.open(point, among: world) { view.note("warning: \($0)") }
        }
        try together { try check(starts, threads, memory) }
        let settings = try settings(starts)
        let coordinator = try together { try makeCoordinator(starts, settings, threads) }
        do {
            try work(coordinator, starts, settings, KernelExecutor(threads: threads), memory)
        } catch let error as CoordinatorError {
            // Its cause says what to do.
            throw error.cause
        }
        return try end(coordinator)
    }

    /// What decides the trials, read by rank 0.
    private func settings(_ starts: [StartingModel]) throws -> TrialSettings {
        let own = try together {
            guard isCoordinator else { return [UInt8]() }
            var settings = TrialSettings()
            for task in configuration.tasks {
                settings.tasks[task.name] = configuration.settings(
                    of: task, train: try ContentName.ofFile(task.train),
                    evaluate: try ContentName.ofFile(task.evaluate))
            }
            for start in starts {
                settings.checkpoints[start.point.name] = try start.settings()
            }
            return try Wire.encode(settings)
        }
        return try Wire.decode(try world.broadcast(bytes: own))
    }

    private func together<Result>(_ body: () throws -> Result) throws -> Result {
        try agreement.together(body)
    }

    /// Missing files are told now, not after hours.
    private func checkFiles() throws {
        for task in configuration.tasks {
            for path in [task.train, task.evaluate] where !Paths.exists(path) {
                throw FanOutError(
                    "task \(task.name): there is no file \(path)", exitCode: ExitStatus.missingInput
                )
            }
        }
    }

    private func check(
        _ starts: [StartingModel], _ threads: Int, _ memory: MemoryShare
    ) throws {
        for start in starts {
            for task in configuration.tasks {
                // As far as it is known before the data are read.
                let head = task.kind.head(labels: max(task.labels.count, 2))
                let length = task.sequenceLength ?? configuration.sequenceLength
                guard length <= start.configuration.maximumPositions else {
                    throw FanOutError(
                        "task \(task.name): a sequence_length of \(length) does not fit the "
                            + "\(start.configuration.maximumPositions) positions of "
                            + start.point.path, exitCode: ExitStatus.configuration)
                }
                // And as if there were data for a whole micro-batch.
                try TrialMemory(
                    start: start, head: head, inputs: configuration.microBatchSize,
                    sequenceLength: length, precision: configuration.elementType, threads: threads
                ).check(task.name, memory)
                if head.usesPooler, !start.hasPooler, isCoordinator {
                    view.note(
                        "warning: \(start.point.path) has no pooler (bert.pooler), so that of task "
                            + "\(task.name) starts from random numbers")
                }
                guard
                    task.columns.pair == nil && task.kind != .questionAnswering
                        && task.kind != .multipleChoice || start.configuration.segmentKinds > 1
                else {
                    throw FanOutError(
                        "task \(task.name) has pairs of texts, but \(start.point.path) knows one "
                            + "kind of segment", exitCode: ExitStatus.configuration)
                }
            }
        }
    }

    /// Locks the directory; false where a rank was told to stop meanwhile.
    private func lockDirectory() throws -> Bool {
        var attempt = LockAttempt(directory.path)
        while true {
            try together { if isCoordinator { lock = try attempt.poll() } }
            guard try agreement.anyTrue(isCoordinator && lock == nil) else { return true }
            if try agreement.anyTrue(StopSignals.received != nil) { return false }
            usleep(250_000)
        }
    }

    private func makeCoordinator(
        _ starts: [StartingModel], _ settings: TrialSettings, _ threads: Int
    ) throws -> Coordinator? {
        guard isCoordinator else { return nil }
        view.note(
            "\(configuration.trialCount) trials on \(groups) groups of "
                + "\(min(configuration.ranksPerTrial, world.size)) ranks, \(threads) threads each")
        return try Coordinator(
            configuration, settings: settings, directory: directory, view: view
        ) { trial in
            let task = configuration.tasks[trial.task]
            let model = starts[trial.checkpoint].configuration
            // A context is read once for each of its questions; a tenth of CoNLL-U is words.
            let text =
                switch task.format(of: task.train) {
                case .squad: 5.0
                case .conllu: 0.1
                default: 1.0
                }
            return text * Double(Paths.size(of: task.train)) * Double(trial.epochs)
                * Double(model.layers * model.hiddenSize * model.hiddenSize)
        }
    }

    /// Groups of `ranks_per_trial` ranks; the last one may be smaller.
    private var groups: Int {
        (world.size + configuration.ranksPerTrial - 1) / configuration.ranksPerTrial
    }

    private func work(
        _ coordinator: Coordinator?, _ starts: [StartingModel], _ settings: TrialSettings,
        _ executor: KernelExecutor, _ memory: MemoryShare
    ) throws {
        let own = world.rank / configuration.ranksPerTrial
        guard let group = try world.split(color: own) else {
            preconditionFailure("every rank has a group")
        }
        let messages = try world.duplicate()
        let clock = { MonotonicClock.seconds }
        let server = coordinator.map {
            CoordinatorServer(
                $0, leaders: (0..<groups).map { $0 * configuration.ranksPerTrial },
                communicator: messages, clock: clock)
        }
        var link: (any CoordinatorLink)? = server
        if group.rank == 0 && link == nil { link = RemoteLink(messages, clock: clock) }
        let trials = TrialGroup(
            configuration, settings: settings, starts: starts, directory: directory.path,
            group: group, link: link, executor: executor, memory: memory, clock: clock)
        // Leaders that work send messages, so silence is what the watchdog looks for.
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

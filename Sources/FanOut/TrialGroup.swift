import BERT
import Distributed
import DurableFiles
import ExitCoding
import FineTuning
import Kernels
import MPI
import Runtime

/// A group of ranks that runs trials one after another, as dealt by the coordinator.
final class TrialGroup {
    private let configuration: FineTuningConfiguration
    private let starts: [StartingModel]
    private let trials: [Trial]
    private let directory: FanOutDirectory
    private let group: Communicator
    /// On the group's first rank only.
    private let link: (any CoordinatorLink)?
    private let executor: KernelExecutor
    private let memory: MemoryShare
    private let settings: TrialSettings
    private let clock: () -> Double
    private let stopPoll: StopPoll
    private let agreement: Agreement
    /// Data of the previous trial, because the next one often uses the same.
    private var loaded: (task: Int, checkpoint: Int, data: TaskData)?
    private var reportedAt = -Double.infinity

    private static let reportSeconds = 0.5

    init(
        _ configuration: FineTuningConfiguration, settings: TrialSettings,
        starts: [StartingModel], directory: FanOutDirectory, group: Communicator,
        link: (any CoordinatorLink)?, executor: KernelExecutor, memory: MemoryShare,
        clock: @escaping () -> Double
    ) {
        self.settings = settings
        self.configuration = configuration
        self.starts = starts
        self.directory = directory
        self.group = group
        self.link = link
        self.executor = executor
        self.memory = memory
        self.clock = clock
        trials = configuration.trials
        agreement = Agreement(among: group)
        stopPoll = StopPoll(among: group) {
            StopSignals.received != nil || link?.isStopping == true
        }
    }

    /// Runs trials until the coordinator releases the group. Collective.
    ///
    /// - Parameter rest: waits briefly if there is nothing to do.
    func work(rest: () throws -> Void) throws {
        while true {
            let stopping = try agreement.anyTrue(stopPoll.isStopRequestedLocally)
            if stopping { StopSignals.leave() }
            let answer = try link?.ask(.idle(stopping: stopping))
            switch try agreed(answer) {
            case .run(let index): try run(trials[index])
            case .leave(let stopSent):
                if let remote = link as? RemoteLink { try remote.drain(isSent: stopSent) }
                return
            case .wait, .keep: try rest()
            }
        }
    }

    /// Broadcasts the leader's reply to all ranks.
    private func agreed(_ answer: Reply?) throws -> Reply {
        let bytes = try group.broadcast(bytes: answer.map { try Wire.encode($0) } ?? [])
        return try Wire.decode(bytes)
    }

    private func run(_ trial: Trial) throws {
        Watchdog.note("a trial of fine-tuning")
        let trialDirectory = directory.directory(of: trial)
        var hasBegun = false
        do {
            let setup = TrialSetup(
                trial: trial, configuration: configuration,
                settings: settings.identifier(of: trial, configuration),
                start: starts[trial.checkpoint], data: try data(of: trial),
                directory: trialDirectory, group: group, executor: executor, memory: memory)
            let trainer = try TrialTrainer(setup, stopPoll: stopPoll, link: link, clock: clock)
            hasBegun = true
            switch try trainer.run(report) {
            case .stopped: try link?.tell(.stopped)
            case .finished(let outcome): try finish(trainer, outcome)
            }
        } catch let error as MPIError {
            // An error of one rank only, which ends the job.
            throw error
        } catch let error as CoordinatorError {
            // Not the trial's fault, so its state stays.
            throw error
        } catch {
            // A trial that could not begin (because a file was temporarily unreadable) lost no
            // work. A failed read or write does not mean that the state is bad.
            if hasBegun, ExitStatus.of(error) != ExitStatus.inputOutput, group.rank == 0 {
                try? trialDirectory.removeState()
            }
            try link?.tell(
                .failed(
                    Message.short(FanOutError.text(of: error)),
                    status: ExitStatus.of(error)))
        }
    }

    private func tick() { link?.tick() }

    private func data(of trial: Trial) throws -> TaskData {
        if let loaded, loaded.task == trial.task, loaded.checkpoint == trial.checkpoint {
            return loaded.data
        }
        loaded = nil
        let data = try agreement.throwingTogether {
            try TaskData.load(
                configuration.tasks[trial.task], tokenizer: starts[trial.checkpoint].tokenizer,
                sequenceLength: configuration.sequenceLength, progress: tick)
        }
        loaded = (trial.task, trial.checkpoint, data)
        if !data.notes.isEmpty { try link?.tell(.notes(data.notes.map(Message.short))) }
        return data
    }

    private func report(_ trainer: TrialTrainer) throws {
        tick()
        guard let link, clock() - reportedAt > Self.reportSeconds else { return }
        reportedAt = clock()
        let metric = trainer.setup.task.decidingMetric
        try link.tell(
            .progress(
                fraction: trainer.fraction, loss: trainer.state.curve.losses.last?.loss,
                score: trainer.state.best?[metric]))
    }

    private func finish(_ trainer: TrialTrainer, _ outcome: TrialPlan.Outcome) throws {
        let setup = trainer.setup
        let isKept = try link?.ask(.scored(outcome)) == .keep(true)
        try agreement.throwingTogether {
            guard group.rank == 0 else { return }
            try setup.directory.write(trainer.state.curve)
            guard isKept else { return }
            try directory.requireLock()
            try FineTunedModel.write(
                setup.directory.model,
                task: FineTunedTask(
                    setup.task, labels: setup.data.labels, sequenceLength: setup.sequenceLength,
                    trial: setup.trial.key, scores: outcome.scores),
                configuration: setup.start.configuration, body: setup.start.description,
                layout: trainer.model.layout, parameters: trainer.bestParameters)
        }
        try link?.tell(.finished(outcome, kept: isKept))
        if group.rank == 0 { try? setup.directory.removeState() }
    }
}

import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import ExitCoding
import Kernels
public import MPI
import OperatingSystem
import Optimization
import Reporting
import Runtime
import Samples
import Tensors
import TrainingStep

/// A pre-training run from its start or its last checkpoint to its end. All ranks make one and call
/// `run` together; rank 0 is the coordinator and the only one that prints or publishes.
public final class PretrainingRun {
    let options: RunOptions
    let communicator: Communicator
    let agreement: Agreement
    let setup: ModelSetup
    let phases: [PretrainingPhase]
    let model: BERTForPreTraining
    let trainer: Trainer
    var scaler: LossScaler { trainer.replica.scaler }
    let stopPoll: StopPoll
    let timeBudget: TimeBudget
    let threadPlan: ThreadPlan
    /// Memory of the process in bytes before the model was made.
    let residentBefore: Int
    /// Configuration with all keys resolved, as in `config.yaml` and checkpoints.
    let resolved: RunConfiguration
    var state = TrainingState()
    let keeper: CheckpointKeeper
    var reporter: RunReporter?
    /// Lock on the run directory, held by the coordinator.
    var lock: DirectoryLock?
    /// The checkpoint that this run resumes from.
    var resumedFrom: String?
    /// Search that found that checkpoint.
    let resumption: Resumption
    /// Warnings to print once a reporter exists.
    var notices: [String]

    var optimizer: Optimizer { trainer.optimizer }
    var threads: Int { threadPlan.threads }
    var isCoordinator: Bool { communicator.rank == 0 }

    /// Opens data and model, and allocates the memory. Collective.
    ///
    /// - Throws: the first failure of any rank, on all of them.
    public init(_ options: RunOptions, communicator: Communicator) throws {
        self.options = options
        self.communicator = communicator
        let agreement = Agreement(among: communicator)
        self.agreement = agreement
        let configuration = options.configuration
        let threadPlan = try ThreadPlan(
            configuration.parallel.threads, pins: configuration.parallel.pin,
            communicator: communicator)
        self.threadPlan = threadPlan
        try agreement.throwingTogether {
            try configuration.validate(ranks: communicator.size)
            try Self.checkAvailable(configuration)
        }
        let (resumption, origin) = try Self.findOrigin(options, communicator)
        self.resumption = resumption
        let parts = try Self.openParts(configuration, origin, communicator)
        (setup, phases) = (parts.setup, parts.phases)
        notices = resumption.notices + parts.phases.compactMap(\.notice) + parts.setup.notices
        let capacity = RunParts.capacity(parts.phases)
        let memory = try MemoryShare(among: communicator)
        try agreement.throwingTogether {
            try Self.check(
                memory, configuration, parts.setup, capacity, threads: threadPlan.threads,
                ranks: communicator.size)
        }
        residentBefore = ProcessMemory.resident
        model = Self.makeModel(configuration, parts.setup, capacity, threadPlan)
        let keeper = CheckpointKeeper(
            configuration.checkpoint, store: CheckpointStore(run: options.directory),
            communicator: communicator, processors: threadPlan.allowed)
        self.keeper = keeper
        if try !keeper.reserve(count: model.layout.count) {
            notices.append(
                "there is no memory for a copy of the state: training stands still while "
                    + "checkpoints are written")
        }
        let timeBudget = TimeBudget(
            until: options.endTime, parameterCount: model.layout.count)
        self.timeBudget = timeBudget
        stopPoll = StopPoll(among: communicator, background: keeper) {
            StopSignals.received != nil
                || timeBudget.isSpent(writing: keeper.secondsUnderWay)
        }
        let injection = try agreement.throwingTogether { try OverflowInjection.fromEnvironment() }
        if injection != nil {
            notices.append("\(OverflowInjection.variable) is set: overflows are made, for tests")
        }
        trainer = try Self.makeTrainer(configuration, model, communicator, stopPoll, injection)
        resolved = Self.resolved(configuration, setup)
        state.lossScaler = scaler.state
    }

    /// Trains to the end of the last phase, or until a signal or the end of its time requests a
    /// stop.
    ///
    /// - Returns: the exit status: 0 at the end, 75 after a checkpoint if a stop was requested.
    /// - Throws: the first failure of any rank, on all of them.
    public func run() throws -> Int32 {
        // No work yet, so nothing to save.
        guard try prepareDirectory() else { return ExitStatus.preempted }
        try startOrResume()
        let isFinished = try agreement.throwingTogether {
            try isCoordinator && RunReporter.isFinished(self)
        }
        if try agreement.anyTrue(isFinished) {
            return ExitStatus.success
        }
        guard try verifyData() else { return ExitStatus.preempted }
        try openReporter()
        attachKeeper()
        do {
            return try train()
        } catch let failure as Agreement.Failure {
            // All ranks reach this point, so a checkpoint in flight need not be lost.
            try? keeper.complete()
            throw failure
        }
    }

    private func train() throws -> Int32 {
        if let status = try runMissedEvaluation() { return status }
        while state.phase < phases.count {
            let phase = phases[state.phase]
            while state.phaseStep < phase.configuration.schedule.totalSteps {
                guard let outcome = try step(phase) else { return try stop() }
                // Finished work is saved before an evaluation takes its time.
                if isAtEnd { break }
                if outcome.stopRequested { return try stop() }
                if outcome.overflowed {
                    // The run is still at the previous step, whose due work is done.
                    if outcome.checkpointRequested, keeper.lastStep != state.step {
                        try beginCheckpoint()
                    }
                    continue
                }
                if keeper.isDue(state.step) || outcome.checkpointRequested {
                    try beginCheckpoint()
                }
                if shouldEvaluate(phase), let status = try evaluateOnTheWay(phase) {
                    return status
                }
            }
            guard state.phase + 1 < phases.count else { break }
            state.phase += 1
            state.phaseStep = 0
        }
        return try finish(evaluated: false)
    }

    /// Whether the last step of the last phase is done.
    var isAtEnd: Bool {
        state.phase == phases.count - 1
            && state.phaseStep >= phases[state.phase].configuration.schedule.totalSteps
    }

    /// Runs one step of `phase`: advances the state and reports. Nil if interrupted.
    ///
    /// A step that overflowed advances only the position in the data: neither step, schedule nor
    /// moments.
    private func step(_ phase: PretrainingPhase) throws -> StepOutcome? {
        let start = MonotonicClock.seconds
        var cursor = SampleCursor()
        (cursor.epoch, cursor.position) = (state.epoch, state.positionInEpoch)
        let all: [SampleIdentity]
        do {
            all = try cursor.take(phase.configuration.batch.global, of: phase.source)
        } catch {
            // All ranks take the same samples, so all reach this point.
            return try agreement.throwingTogether { throw error }
        }
        var plan = Trainer.StepPlan(
            samples: phase.share(all, rank: communicator.rank, ranks: communicator.size),
            source: phase.source, micro: phase.micro,
            rounds: phase.configuration.batch.accumulation(ranks: communicator.size),
            number: state.step + 1, learningRate: phase.learningRate(state.phaseStep + 1))
        plan.checkpointRequested = isCoordinator && keeper.isOverdue
        plan.batch = state.step + state.skippedSteps + 1
        guard let outcome = try trainer.step(plan) else { return nil }
        (state.epoch, state.positionInEpoch) = (cursor.epoch, cursor.position)
        state.samples += outcome.sequences
        state.tokens += outcome.tokens
        let seconds = MonotonicClock.seconds - start
        guard !outcome.overflowed else {
            let compute = phase.configuration.precision.compute.rawValue
            try skip(plan, outcome, compute: compute, seconds: seconds)
            return outcome
        }
        state.lossScaler = scaler.state
        state.step += 1
        state.phaseStep += 1
        reporter?.step(
            outcome, state: state, learningRate: plan.learningRate, seconds: seconds)
        return outcome
    }

    /// Ends the run normally; `evaluated` says whether the model has already been evaluated.
    func finish(evaluated: Bool) throws -> Int32 {
        try saveLast()
        if !evaluated, try !evaluate(phases[phases.count - 1]) { return try stop() }
        try agreement.throwingTogether { () throws -> Void in
            try reporter?.finish(state: state, checkpoint: keeper.lastPath)
        }
        return ExitStatus.success
    }

    /// Ends early, as requested, leaving everything needed to resume.
    func stop() throws -> Int32 {
        StopSignals.leave()
        let isTimeOver = try agreement.anyTrue(timeBudget.wasSpent)
        try saveLast()
        reporter?.preempted(
            state: state,
            reason: StopSignals.received
                ?? (isTimeOver ? "the end of its time" : "a signal to another rank"),
            checkpoint: keeper.lastPath)
        return ExitStatus.preempted
    }
}

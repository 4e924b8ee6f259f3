import BERT
import Distributed
import FineTuning
import MPI
import Optimization
import Randomness
import Runtime
import Tensors
import TrainingStep

/// Fine-tunes one model on one task, using all ranks of a group.
///
/// The order of the examples, dropout and the head's initial values depend only on the trial's seed
/// and on positions. Sums of losses are divided by the terms of the global batch. The number of
/// ranks therefore only affects the rounding of sums.
final class TrialTrainer {
    let setup: TrialSetup
    let model: BERTForFineTuning
    var state: TrialState

    private let train: TaskInputs
    private let evaluator: TrialEvaluator
    private let schedule: LearningRateSchedule
    /// Gradients, reduction and update of a batch.
    let replica: ReplicaStep
    let agreement: Agreement
    private let stopPoll: StopPoll
    let best: Block<Float>
    let plan: BatchPlan
    /// On the group's first rank only.
    let link: (any CoordinatorLink)?
    let clock: () -> Double
    var startedAt: Double
    var savedAt: Double
    /// Interval in seconds at which a running trial saves its state, because it may be killed
    /// without warning.
    private let saveSeconds: Double
    /// Whether the ranks agreed in the last step that the state is to be saved.
    private var isSaveDue = false

    /// Ending of a trial.
    enum Ending {
        case finished(TrialPlan.Outcome)
        /// A rank was asked to stop; the state is saved.
        case stopped
    }

    /// Starts a trial, or resumes it from its saved state. Collective over the group.
    ///
    /// - Parameters:
    ///   - stopPoll: says when to stop.
    ///   - link: on the group's first rank; serves others, and receives its events.
    init(
        _ setup: TrialSetup, stopPoll: StopPoll, link: (any CoordinatorLink)?,
        clock: @escaping () -> Double
    ) throws {
        self.setup = setup
        self.stopPoll = stopPoll
        self.link = link
        self.clock = clock
        saveSeconds = TrialFault.saveSeconds ?? 300
        startedAt = clock()
        savedAt = startedAt
        train = TaskInputs(setup.data.train)
        let evaluate = TaskInputs(setup.data.evaluate)
        let (train, agreement) = (train, Agreement(among: setup.group))
        self.agreement = agreement
        model = try agreement.throwingTogether {
            try setup.makeModel(train, evaluate)
        }
        replica = try ReplicaStep(
            of: model, optimizer: setup.optimizer, scaling: setup.scalerPolicy, among: setup.group,
            // States that earlier versions kept continue with the same order of sums.
            reduction: GradientReduction(unit: 1), stopPoll: stopPoll, progress: { link?.tick() })
        best = Block(count: setup.group.rank == 0 ? model.layout.count : 0)
        plan = setup.plan(examples: train.count)
        schedule = setup.makeSchedule(batches: plan.count)
        let stopping = setup.configuration.earlyStopping
        state = TrialState(
            settings: setup.settings,
            earlyStopping: EarlyStopping(
                patience: stopping.patience, minimumImprovement: stopping.minimumImprovement),
            scaler: replica.scaler)
        evaluator = TrialEvaluator(
            setup, model: model, inputs: evaluate, stopPoll: stopPoll,
            tick: { link?.tick() })
        try begin()
    }

    var isLeader: Bool { setup.group.rank == 0 }

    /// Completed fraction, from 0 to 1.
    var fraction: Double { Double(state.batches) / Double(max(plan.count, 1)) }

    private func tick() { link?.tick() }

    private func begin() throws {
        if try resume() { return }
        try agreement.throwingTogether {
            try setup.start.initialize(model, seed: setup.seed)
        }
    }

    /// Trains to the end, or until a rank is asked to stop. Collective.
    ///
    /// - Throws: any failure, on all ranks of the group alike; only `MPIError` may occur on one
    ///   rank alone.
    func run(_ progress: (TrialTrainer) throws -> Void) throws -> Ending {
        while true {
            let due = plan.evaluations.count { $0 <= state.batches }
            if state.evaluations < due {
                guard try evaluate(count: due) else { return try stop() }
            }
            if state.batches == plan.count || state.earlyStopping.shouldStop { break }
            guard try step() else { return try stop() }
            if isSaveDue { try keepState() }
            try progress(self)
        }
        return .finished(try finish())
    }

    /// Best weights so far, and their scores; on the leader.
    var bestParameters: Block<Float> { state.best == nil ? model.parameters : best }

    private func evaluate(count: Int) throws -> Bool {
        guard let scores = try evaluator.scores() else { return false }
        state.evaluations = count
        state.last = scores
        let score = scores[setup.task.decidingMetric]
        state.curve.scores.append(.init(batch: state.batches, score: score))
        if state.earlyStopping.take(score) {
            state.best = scores
            if isLeader { best.vector.copy(from: model.parameters.vector) }
        }
        return true
    }

    private func finish() throws -> TrialPlan.Outcome {
        state.seconds += clock() - startedAt
        state.curve.endPoint(batch: state.batches)
        let skipped = state.batches - state.updates
        guard state.updates > 0 else {
            throw FanOutError(
                "all \(skipped) batches overflowed in fp16: nothing was learned; take bf16, or more "
                    + "epochs")
        }
        // A few skipped batches are normal while the loss scale adapts.
        if skipped > max(16, state.batches / 10) {
            try link?.tell(
                .warning(
                    "\(skipped) of \(state.batches) batches overflowed in fp16 and were left out"))
        }
        guard let scores = state.best ?? state.last else {
            preconditionFailure("the end of an epoch is an evaluation")
        }
        return TrialPlan.Outcome(
            scores: scores, seconds: state.seconds,
            bestEvaluation: state.earlyStopping.bestEvaluation ?? state.evaluations - 1,
            evaluations: state.evaluations)
    }

    private func stop() throws -> Ending {
        // From here on, repeated signals must not interrupt what the first one requested.
        StopSignals.leave()
        try keepState()
        return .stopped
    }

    // MARK: One batch

    /// Batches of `rank` in the next global batch.
    private func share(_ rank: Int) -> [[Int]] {
        let epoch = state.batches / plan.perEpoch
        let first = state.batches % plan.perEpoch * setup.batchSize
        let count = min(setup.batchSize, train.count - first)
        let order = IndexPermutation(
            count: train.count, seed: setup.seed, purpose: .sampleOrder, epoch: epoch)
        let part = Partition(count: count, parts: setup.group.size)[rank]
        return train.batches(
            part.map { order[first + $0] }, inputs: setup.configuration.microBatchSize)
    }

    /// Runs forward and backward over the global batch, sums over the ranks, and updates. Returns
    /// false, without any change, if a rank was asked to stop.
    private func step() throws -> Bool {
        let epoch = state.batches / plan.perEpoch
        let batches = share(setup.group.rank).map { part in
            part.map { train.example($0, epoch: epoch) }
        }
        let rounds = (0..<setup.group.size).map { share($0).count }.max() ?? 0
        let failure = TrialFault.strike(setup, batch: state.batches)
        let all = try agreement.sum(
            BatchNumbers(
                terms: batches.joined().reduce(0) { $0 + Int64(model.head.terms($1.target)) },
                stopRequests: stopPoll.isStopRequestedLocally ? 1 : 0,
                failures: failure == nil ? 0 : 1,
                dueSaves: isLeader && clock() - savedAt > saveSeconds ? 1 : 0),
            BatchNumbers.places)
        isSaveDue = all.dueSaves > 0
        if all.failures > 0 {
            try agreement.throwingTogether {
                if let failure { throw failure }
            }
        }
        if all.stopRequests > 0 { return false }
        guard let loss = try computeGradients(batches, rounds: rounds, terms: all.terms) else {
            return false
        }
        state.batches += 1
        try update(loss: try agreement.sum([loss])[0] / Double(max(all.terms, 1)))
        return true
    }

    /// The sum of this rank's losses, and in the model the gradients of all ranks; nil where a rank
    /// was told to stop. Collective.
    private func computeGradients(
        _ batches: [[TaskExample]], rounds: Int, terms: Int64
    ) throws -> Double? {
        let scale = terms > 0 ? Float(replica.scaler.scale / Double(terms)) : 0
        var outcome = TaskOutcome()
        let isDone = try replica.computeGradients(MicroBatchRounds(batches.count, of: rounds)) {
            index, accumulates, observer in
            outcome.add(
                model.train(
                    batches.isEmpty ? [] : batches[index], scale: scale, seed: setup.seed,
                    accumulate: accumulates, observer: observer))
        }
        return isDone ? outcome.loss : nil
    }

    private func update(loss: Double) throws {
        let rate = schedule.rate(
            state.updates + 1, peak: replica.optimizer.settings.learningRate)
        let update = try replica.update(
            number: state.updates + 1, learningRate: rate, loss: loss)
        guard !update.overflowed else {
            if replica.scaler.skipsOverflows && !replica.scaler.isExhausted { return }
            throw FanOutError(
                "the loss or its gradient is not finite in batch \(state.batches) of "
                    + "\(plan.count); lower the learning rate")
        }
        state.updates += 1
        state.curve.add(loss, batch: state.batches, total: plan.count)
    }
}

/// The numbers that the ranks of a group add up before a batch.
private struct BatchNumbers {
    /// Terms of the loss.
    var terms: Int64
    /// Ranks that were asked to stop.
    var stopRequests: Int64
    /// Ranks that cannot go on.
    var failures: Int64
    /// Ranks that find it time to keep the state: the leader.
    var dueSaves: Int64

    static var places: [WritableKeyPath<Self, Int64>] {
        [\.terms, \.stopRequests, \.failures, \.dueSaves]
    }
}

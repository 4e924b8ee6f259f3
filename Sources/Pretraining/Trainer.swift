public import BERT
public import Corpus
public import Distributed
import Kernels
public import MPI
public import Optimization
public import Samples
import Tensors
public import TrainingStep

/// The training step of one replica.
///
/// All ranks call `step` together. The objective is the mean over the masked tokens of the global
/// batch plus the mean over its sequences, however the batch is divided into ranks and
/// micro-batches. Counts are agreed on before the backward pass and sums are divided by them, so
/// that there is never a mean of means.
public final class Trainer {
    /// The replica.
    public let model: BERTForPreTraining
    /// The step's gradients, reduction and update.
    let replica: ReplicaStep

    let seed: UInt64
    let agreement: Agreement
    let stopPoll: StopPoll
    private let communicator: Communicator
    private let injection: OverflowInjection?

    /// What is to be done in a step.
    public struct StepPlan {
        /// This rank's samples of the global batch.
        public var samples: [SampleIdentity]
        /// Where they come from.
        public var source: any SampleSource
        /// The most sequences of a micro-batch.
        public var micro: Int
        /// The most micro-batches of any rank.
        public var rounds: Int
        /// Updates that the moments have seen, this one included.
        public var number: Int
        /// The rate of this step.
        public var learningRate: Double
        /// Batches that the run has taken, this one included: where overflows are made for tests.
        public var batch = 1
        /// Whether this rank wants a checkpoint after the step.
        public var checkpointRequested = false

        /// A step over `samples` of `source`.
        public init(
            samples: [SampleIdentity], source: any SampleSource, micro: Int, rounds: Int,
            number: Int, learningRate: Double
        ) {
            self.samples = samples
            self.source = source
            self.micro = micro
            self.rounds = rounds
            self.number = number
            self.learningRate = learningRate
        }
    }

    /// A trainer of `model` among the ranks of `communicator`. Collective.
    ///
    /// - Parameters:
    ///   - scaling: the rule of the loss scale.
    ///   - seed: addresses dropout.
    ///   - stopPoll: says when to break off.
    ///   - injection: overflows that tests ask for.
    /// - Throws: `MPIError`.
    public init(
        model: BERTForPreTraining, optimizer settings: OptimizerSettings,
        scaling: LossScaler.Policy = .fixed(1), communicator: Communicator, seed: UInt64,
        stopPoll: StopPoll, reduction: GradientReduction = GradientReduction(),
        injection: OverflowInjection? = nil
    ) throws {
        self.model = model
        self.communicator = communicator
        self.seed = seed
        self.stopPoll = stopPoll
        self.injection = injection
        agreement = Agreement(among: communicator)
        replica = try ReplicaStep(
            of: model, optimizer: settings, scaling: scaling, among: communicator,
            reduction: reduction, stopPoll: stopPoll)
    }

    /// The optimizer, with this rank's moments.
    public var optimizer: Optimizer { replica.optimizer }

    /// Runs forward and backward over all micro-batches, reduction, clipping and update.
    ///
    /// - Returns: the outcome, or nil if a rank was asked to stop; the gradients so far are then
    ///   discarded and nothing is updated, because any step can be replayed. If it `overflowed`, on
    ///   all ranks alike, nothing is updated either, and the reduced gradient is still available.
    /// - Precondition: every rank has at least one sample.
    /// - Throws: any rank's failure to read its samples, on all ranks alike.
    public func step(_ plan: StepPlan) throws -> StepOutcome? {
        precondition(!plan.samples.isEmpty, "a rank without samples")
        Watchdog.note("step", plan.number)
        let before = replica.reducer?.statistics
        let sequences = Result { try plan.sequences() }
        guard var outcome = try agreeOnNumbers(plan, sequences),
            try computeGradients(try sequences.get(), plan, &outcome)
        else { return nil }
        try sumOverRanks(&outcome)
        let update = try replica.update(
            number: plan.number, learningRate: plan.learningRate, loss: outcome.loss)
        outcome.gradientNorm = update.gradientNorm
        if let before, let reducer = replica.reducer {
            outcome.reduction = reducer.statistics.since(before)
        }
        return outcome
    }

    /// Runs one small all-reduce before the backward pass: the counts by which the sums of losses
    /// are divided, whether any rank wants to stop or could not read its samples, and whether any
    /// still writes a checkpoint. Nil if a rank was asked to stop.
    private func agreeOnNumbers(
        _ plan: StepPlan, _ sequences: Result<[PretrainingSample], any Error>
    ) throws -> StepOutcome? {
        var own = StepNumbers((try? sequences.get()) ?? [])
        if case .failure = sequences { own.failures = 1 }
        own.stopRequests = stopPoll.isStopRequestedLocally ? 1 : 0
        own.checkpointRequests = plan.checkpointRequested ? 1 : 0
        own.busyRanks = stopPoll.isBusyLocally ? 1 : 0
        let all = try agreement.sum(own, StepNumbers.places)
        if all.failures > 0 { _ = try agreement.throwingTogether { try sequences.get() } }
        if all.stopRequests > 0 { return nil }
        try stopPoll.advanceStage(busy: all.busyRanks)
        var outcome = StepOutcome()
        outcome.lossScale = replica.scaler.scale
        outcome.masked = Int(all.masked)
        outcome.tokens = Int(all.tokens)
        outcome.sequences = Int(all.sequences)
        outcome.checkpointRequested = all.checkpointRequests > 0
        outcome.operations = model.configuration.trainingOperations(
            tokens: outcome.tokens, squaredLengths: Int(all.squaredLengths),
            masked: outcome.masked)
        return outcome
    }

    /// Gradients of all micro-batches, and their sum over the ranks. False if a rank was told to stop.
    private func computeGradients(
        _ sequences: [PretrainingSample], _ plan: StepPlan, _ outcome: inout StepOutcome
    ) throws -> Bool {
        let scale = outcome.scale
        return try replica.computeGradients(
            plan.microBatches(of: sequences),
            ready: { [self] range in spoil(range, plan) }
        ) { index, accumulates, observer in
            outcome.add(
                model.train(
                    sequences.dropFirst(index * plan.micro).prefix(plan.micro), scale: scale,
                    seed: seed, accumulate: accumulates, observer: observer))
        }
    }

    /// Injects an overflow into gradients of the last micro-batch, if tests request one.
    func spoil(_ range: Range<Int>, _ plan: StepPlan) {
        injection?.spoil(
            model.gradients, of: model.layout, range, rank: communicator.rank, batch: plan.batch)
    }

    private func sumOverRanks(_ outcome: inout StepOutcome) throws {
        let losses = try agreement.sum([outcome.maskedLossSum, outcome.nextSentenceLossSum])
        let hits = try agreement.sum([
            Int64(outcome.maskedCorrect), Int64(outcome.nextSentenceCorrect),
            stopPoll.isStopRequestedLocally ? 1 : 0,
        ])
        outcome.stopRequested = hits[2] > 0
        (outcome.maskedLossSum, outcome.nextSentenceLossSum) = (losses[0], losses[1])
        (outcome.maskedCorrect, outcome.nextSentenceCorrect) = (Int(hits[0]), Int(hits[1]))
    }
}

extension Trainer.StepPlan {
    /// Reads this rank's samples.
    func sequences() throws -> [PretrainingSample] {
        try samples.map { try source.sample(epoch: $0.epoch, index: $0.index) }
    }

    /// The cut of this rank's `sequences` into micro-batches.
    func microBatches(of sequences: [PretrainingSample]) -> MicroBatchRounds {
        let own = (sequences.count + micro - 1) / micro
        precondition((own...own + 1).contains(rounds), "shares differ by a sequence at most")
        return MicroBatchRounds(own, of: rounds)
    }
}

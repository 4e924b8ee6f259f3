public import BERT
public import Corpus
public import Distributed
import Evaluation
import Kernels
public import MPI
public import Optimization
import Tensors

/// The training step of one replica.
///
/// All ranks call `step` together. The objective is the mean over the masked tokens of the global
/// batch plus the mean over its sequences, however the batch is divided into ranks and
/// micro-batches. Counts are agreed on before the backward pass and sums are divided by them, so
/// that there is never a mean of means.
public final class Trainer {
    /// The replica.
    public let model: BERTForPreTraining
    /// Its optimizer.
    public let optimizer: Optimizer

    let seed: UInt64
    let agreement: Agreement
    let stopPoll: StopPoll
    private let communicator: Communicator
    let reducer: GradientReducer
    private let injection: OverflowInjection?

    /// Inputs of one step.
    public struct StepPlan {
        /// This rank's samples of the global batch.
        public var samples: [SampleIdentity]
        /// Source of the samples.
        public var source: any SampleSource
        /// Maximum number of sequences of a micro-batch.
        public var micro: Int
        /// Maximum number of micro-batches of any rank.
        public var rounds: Int
        /// Number of updates the moments have seen, including this one.
        public var number: Int
        /// Learning rate of this step.
        public var learningRate: Double
        /// Factor of the loss before the backward pass, by which gradients are divided after it.
        public var lossScale = 1.0
        /// Number of batches the run has taken, including this one; tests inject overflows by it.
        public var batch = 1
        /// Whether this rank wants a checkpoint after the step.
        public var checkpointRequested = false

        /// Plans a step over `samples` of `source`.
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

    /// Makes a trainer of `model` among the ranks of `communicator`; `seed` addresses dropout,
    /// `stopPoll` says when to stop, `injection` injects overflows for tests. With
    /// `shardsOptimizer`, each rank updates only its part of the parameters and only has moments
    /// for that part.
    public init(
        model: BERTForPreTraining, optimizer settings: OptimizerSettings,
        communicator: Communicator, seed: UInt64, stopPoll: StopPoll,
        bucketMegabytes: Double = 16, overlaps: Bool = true, wire: WireType = .float32,
        shardsOptimizer: Bool = false, injection: OverflowInjection? = nil
    ) throws {
        self.model = model
        self.communicator = communicator
        self.seed = seed
        self.stopPoll = stopPoll
        self.injection = injection
        agreement = Agreement(among: communicator)
        reducer = try GradientReducer(
            over: communicator, count: model.layout.count, bucketMegabytes: bucketMegabytes,
            overlaps: overlaps, wire: wire, scatters: shardsOptimizer,
            unit: KernelExecutor.squareBlock)
        optimizer = Optimizer(
            settings: settings, layout: model.layout, executor: model.executor,
            shards: shardsOptimizer ? reducer.shards : nil)
    }

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
        let before = reducer.statistics
        let sequences = Result { try plan.sequences() }
        guard var outcome = try agreeOnNumbers(plan, sequences),
            try accumulateGradients(try sequences.get(), plan, &outcome)
        else { return nil }
        try reduceGradients(try sequences.get(), plan, &outcome)
        try sumOverRanks(&outcome)
        try update(plan, &outcome)
        outcome.reduction = reducer.statistics.since(before)
        return outcome
    }

    /// Clips and updates, unless the gradient overflowed. Every rank computes the same norm, so all
    /// decide alike; if they shard the update, each then receives the others' part of the result.
    private func update(_ plan: StepPlan, _ outcome: inout StepOutcome) throws {
        let scale = 1 / plan.lossScale
        outcome.gradientNorm = try optimizer.gradientNorm(
            model.gradients, scale: scale, sumOverRanks: sumOverRanks)
        guard !outcome.overflowed else {
            if optimizer.isSharded { try reducer.allGather(model.gradients.vector.buffer) }
            return
        }
        try optimizer.step(
            number: plan.number, learningRate: plan.learningRate,
            gradientNorm: outcome.gradientNorm, gradientScale: scale,
            parameters: model.parameters, gradients: model.gradients, sumOverRanks: sumOverRanks)
        if optimizer.isSharded { try reducer.allGather(model.parameters.vector.buffer) }
    }

    private func sumOverRanks(_ terms: inout [Double]) throws {
        guard optimizer.isSharded else { return }
        try communicator.allReduce(&terms, .sum)
    }

    /// Runs one small all-reduce before the backward pass: the counts by which the sums of losses
    /// are divided, whether any rank wants to stop or could not read its samples, and whether any
    /// still writes a checkpoint. Nil if a rank was asked to stop.
    private func agreeOnNumbers(
        _ plan: StepPlan, _ sequences: Result<[PretrainingSequence], any Error>
    ) throws -> StepOutcome? {
        let read = (try? sequences.get()) ?? []
        var failed: Int64 = 0
        if case .failure = sequences { failed = 1 }
        let numbers = try agreement.sum([
            read.reduce(0) { $0 + Int64($1.maskedLabels.count) },
            read.reduce(0) { $0 + Int64($1.tokenIDs.count) }, Int64(read.count),
            stopPoll.isStopRequestedLocally ? 1 : 0, plan.checkpointRequested ? 1 : 0, failed,
            stopPoll.isBusyLocally ? 1 : 0,
            read.reduce(0) { $0 + Int64($1.tokenIDs.count * $1.tokenIDs.count) },
        ])
        if numbers[5] > 0 { _ = try agreement.throwingTogether { try sequences.get() } }
        if numbers[3] > 0 { return nil }
        try stopPoll.advanceStage(busy: numbers[6])
        var outcome = StepOutcome()
        outcome.lossScale = plan.lossScale
        outcome.masked = Int(numbers[0])
        outcome.tokens = Int(numbers[1])
        outcome.sequences = Int(numbers[2])
        outcome.checkpointRequested = numbers[4] > 0
        outcome.operations = model.configuration.trainingOperations(
            tokens: outcome.tokens, squaredLengths: Int(numbers[7]), masked: outcome.masked)
        return outcome
    }

    /// Accumulates gradients of all micro-batches but the last. Returns false if a rank was asked
    /// to stop.
    ///
    /// A rank with fewer micro-batches than others begins later, so that all reach the last one,
    /// where the ring starts, together. Until then they can stop.
    private func accumulateGradients(
        _ sequences: [PretrainingSequence], _ plan: StepPlan, _ outcome: inout StepOutcome
    ) throws -> Bool {
        let own = (sequences.count + plan.micro - 1) / plan.micro
        precondition((own...own + 1).contains(plan.rounds), "shares differ by a sequence at most")
        for round in 0..<plan.rounds - 1 {
            let start = (round - (plan.rounds - own)) * plan.micro
            if start >= 0 {
                outcome.add(
                    model.train(
                        sequences[start..<start + plan.micro], scale: outcome.scale, seed: seed,
                        accumulate: start > 0))
            }
            if try stopPoll.check() { return false }
        }
        return true
    }

    /// Computes gradients of the last micro-batch, and their sum over the ranks. Reduction of
    /// buckets starts while the backward pass still runs.
    private func reduceGradients(
        _ sequences: [PretrainingSequence], _ plan: StepPlan, _ outcome: inout StepOutcome
    ) throws {
        reducer.begin(model.gradients.vector.buffer)
        var failure: MPIError?
        func attempt(_ body: () throws(MPIError) -> Void) {
            guard failure == nil else { return }
            do { try body() } catch { failure = error }
        }
        let start = (sequences.count - 1) / plan.micro * plan.micro
        withoutActuallyEscaping(attempt) { attempt in
            let observer = GradientObserver(
                ready: { [reducer] range in
                    self.spoil(range, plan)
                    attempt { () throws(MPIError) in try reducer.markReady(range) }
                },
                progress: { [reducer] in
                    attempt { () throws(MPIError) in try reducer.progress() }
                })
            outcome.add(
                model.train(
                    sequences[start...], scale: outcome.scale, seed: seed, accumulate: start > 0,
                    observer: observer))
        }
        if let failure { throw failure }
        try reducer.finish()
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

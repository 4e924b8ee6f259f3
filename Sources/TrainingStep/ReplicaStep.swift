public import BERT
public import Distributed
import Kernels
public import MPI
public import Optimization
import Tensors

/// Training step of one replica: gradients of its micro-batches are accumulated, summed over the
/// ranks, unscaled, clipped and applied, or skipped after an overflow.
///
/// Pre-training, fine-tuning and benchmarks all run this code. All ranks of the communicator call
/// each collective function together, with equal replicas.
public final class ReplicaStep {
    /// Optimizer, with this rank's moments.
    public let optimizer: Optimizer
    /// Factor on the loss, and the overflows so far.
    public var scaler: LossScaler
    /// Reduction of gradients; nil for a replica that trains alone.
    public let reducer: GradientReducer?

    private let model: BERTModel
    private let communicator: Communicator?
    private let stopPoll: StopPoll?
    private let progress: () -> Void

    /// Outcome of ``update(number:learningRate:loss:)``.
    public struct Update: Sendable, Equatable {
        /// Factor on the loss of this step.
        public var lossScale: Double
        /// Global norm of the reduced gradient without that factor, before clipping.
        public var gradientNorm: Double
        /// Whether the loss or the gradient was not finite, so that the update was skipped.
        public var overflowed: Bool
    }

    /// Creates the step of `model` among the ranks of `communicator`. Collective.
    ///
    /// - Parameters:
    ///   - communicator: nil for a replica that trains alone, without MPI.
    ///   - stopPoll: decides when to stop; nil never stops.
    ///   - progress: called often, between kernels.
    /// - Throws: `MPIError`.
    public init(
        of model: BERTModel, optimizer settings: OptimizerSettings, scaling: LossScaler.Policy,
        among communicator: Communicator?, reduction: GradientReduction = GradientReduction(),
        stopPoll: StopPoll? = nil, progress: @escaping () -> Void = {}
    ) throws(MPIError) {
        self.model = model
        self.communicator = communicator
        self.stopPoll = stopPoll
        self.progress = progress
        scaler = LossScaler(scaling)
        if let communicator {
            reducer = try GradientReducer(
                over: communicator, count: model.layout.count,
                bucketMegabytes: reduction.bucketMegabytes, overlaps: reduction.overlaps,
                wire: reduction.wire, scatters: reduction.shardsOptimizer,
                unit: reduction.unit)
        } else {
            precondition(!reduction.shardsOptimizer, "there are no ranks to share the moments")
            reducer = nil
        }
        optimizer = Optimizer(
            settings: settings, layout: model.layout, executor: model.executor,
            shards: reduction.shardsOptimizer ? reducer?.shards : nil)
    }

    /// Computes the gradients of all micro-batches and their sum over the ranks. Collective.
    ///
    /// - Parameters:
    ///   - rounds: this rank's micro-batches.
    ///   - ready: called with each range of the last micro-batch's gradients before it is reduced.
    ///   - backward: runs the forward and backward pass of the micro-batch with this index (of an
    ///     empty one if the rank has none), adding to the gradients or replacing them.
    /// - Returns: false, on all ranks, if one was asked to stop; the gradients are then
    ///   meaningless.
    /// - Throws: `MPIError`, and errors of the poll's background work.
    public func computeGradients(
        _ rounds: MicroBatchRounds, ready: @escaping (Range<Int>) -> Void = { _ in },
        backward: (_ index: Int, _ accumulates: Bool, GradientObserver) -> Void
    ) throws -> Bool {
        for round in 0..<rounds.rounds - 1 {
            if let index = rounds.microBatch(in: round) {
                backward(index, index > 0, GradientObserver(progress: progress))
            }
            if try stopPoll?.check() == true { return false }
        }
        let last = max(rounds.count - 1, 0)
        try reduce(ready: ready) { backward(last, last > 0, $0) }
        return true
    }

    /// Runs the last backward pass; buckets start around the ring while it runs.
    private func reduce(
        ready: @escaping (Range<Int>) -> Void, _ backward: (GradientObserver) -> Void
    ) throws {
        guard let reducer else {
            return backward(GradientObserver(ready: ready, progress: progress))
        }
        reducer.begin(model.gradients.vector.buffer)
        var failure: MPIError?
        func attempt(_ body: () throws(MPIError) -> Void) {
            guard failure == nil else { return }
            do { try body() } catch { failure = error }
        }
        withoutActuallyEscaping(attempt) { attempt in
            backward(
                GradientObserver(
                    ready: { range in
                        ready(range)
                        attempt { () throws(MPIError) in try reducer.markReady(range) }
                    },
                    progress: { [progress] in
                        attempt { () throws(MPIError) in try reducer.progress() }
                        progress()
                    }))
        }
        if let failure { throw failure }
        try reducer.finish()
    }

    /// Clips and applies the reduced gradients, unless they or the loss overflowed, and adjusts the
    /// loss scale. Every rank has the same norm, so all decide alike. If they share the moments,
    /// each rank then receives the others' part of the result. Collective.
    ///
    /// - Parameters:
    ///   - number: number of updates applied to the moments, including this one.
    ///   - loss: mean loss of the global batch, the same on all ranks.
    /// - Throws: `MPIError`.
    public func update(
        number: Int, learningRate: Double, loss: Double
    ) throws -> Update {
        let norm = try gradientNorm()
        let overflowed = !(norm.isFinite && loss.isFinite)
        let update = Update(
            lossScale: scaler.scale, gradientNorm: norm, overflowed: overflowed)
        if overflowed {
            // The ranks search the whole gradient for the cause.
            try gatherIfSharded(model.gradients)
        } else {
            try apply(number: number, learningRate: learningRate, gradientNorm: norm)
        }
        scaler.update(overflowed: overflowed)
        return update
    }

    /// Computes the global norm of the reduced gradients, without the loss scale. Collective if the
    /// ranks share the moments.
    ///
    /// - Throws: `MPIError`.
    public func gradientNorm() throws -> Double {
        try optimizer.gradientNorm(
            model.gradients, scale: 1 / scaler.scale, sumOverRanks: sumOverRanks)
    }

    /// Clips the reduced gradients of norm `gradientNorm`, and updates moments and parameters.
    /// Collective if the ranks share the moments.
    ///
    /// - Throws: `MPIError`.
    public func apply(number: Int, learningRate: Double, gradientNorm: Double) throws {
        try optimizer.step(
            number: number, learningRate: learningRate, gradientNorm: gradientNorm,
            gradientScale: 1 / scaler.scale, parameters: model.parameters,
            gradients: model.gradients, sumOverRanks: sumOverRanks)
        try gatherIfSharded(model.parameters)
    }

    private func gatherIfSharded(_ block: Block<Float>) throws(MPIError) {
        if optimizer.isSharded { try reducer?.allGather(block.vector.buffer) }
    }

    private func sumOverRanks(_ terms: inout [Double]) throws(MPIError) {
        if optimizer.isSharded { try communicator?.allReduce(&terms, .sum) }
    }
}

@available(*, unavailable) extension ReplicaStep: Sendable {}

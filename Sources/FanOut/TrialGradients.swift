import BERT
import Distributed
import FineTuning
import MPI
import Tensors

/// Gradients of a global batch, computed by all ranks of a group.
struct TrialGradients {
    private let model: BERTForFineTuning
    private let seed: UInt64
    private let stopPoll: StopPoll
    private let tick: () -> Void
    /// Nil for a group of one rank.
    private let reducer: GradientReducer?

    /// Collective over the group.
    init(
        _ setup: TrialSetup, model: BERTForFineTuning, stopPoll: StopPoll,
        tick: @escaping () -> Void
    ) throws {
        self.model = model
        seed = setup.seed
        self.stopPoll = stopPoll
        self.tick = tick
        reducer =
            setup.group.size > 1
            ? try GradientReducer(over: setup.group, count: model.layout.count) : nil
    }

    /// Computes the sum of this rank's losses and, in the model, the gradients of all ranks; nil if
    /// a rank was asked to stop. Collective.
    ///
    /// - Parameters:
    ///   - batches: this rank's micro-batches, at most `rounds`. A rank with fewer begins later, so
    ///     that all reach the last one together.
    ///   - rounds: maximum over all ranks.
    ///   - scale: factor of the loss terms.
    func compute(_ batches: [[TaskExample]], rounds: Int, scale: Float) throws -> Double? {
        var outcome = TaskOutcome()
        let late = rounds - batches.count
        for round in 0..<rounds - 1 {
            if round >= late {
                let index = round - late
                outcome.add(
                    model.train(
                        batches[index], scale: scale, seed: seed, accumulate: index > 0,
                        observer: GradientObserver(progress: tick)))
            }
            if try stopPoll.check() { return nil }
        }
        try reduce { observer in
            outcome.add(
                model.train(
                    batches.last ?? [], scale: scale, seed: seed, accumulate: batches.count > 1,
                    observer: observer))
        }
        return outcome.loss
    }

    /// Runs the last backward pass; reduction of buckets starts while it runs.
    private func reduce(_ backward: (GradientObserver) -> Void) throws {
        guard let reducer else { return backward(GradientObserver(progress: tick)) }
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
                        attempt { () throws(MPIError) in try reducer.markReady(range) }
                    },
                    progress: {
                        attempt { () throws(MPIError) in try reducer.progress() }
                        tick()
                    }))
        }
        if let failure { throw failure }
        try reducer.finish()
    }
}

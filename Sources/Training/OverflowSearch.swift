import BERT
import Corpus
import Distributed
import Evaluation
import Kernels
import Optimization
import Tensors

/// Where, on one rank, numbers first were not finite.
struct OverflowFinding {
    /// The first tensor, in the order of the backward pass, whose gradient was not finite.
    let tensor: Parameter?
    /// Whether the forward pass was still fine.
    let lossIsFinite: Bool
    /// The micro-batch.
    let batch: [PretrainingSequence]
    /// Those of it that overflow alone; all where none does.
    let suspects: [PretrainingSequence]

    /// What, where and from which samples; the rank is said by others.
    var description: String {
        let samples = suspects.prefix(Self.shown).map { "\($0.epoch):\($0.sample)" }
        let more = suspects.count > Self.shown ? " and \(suspects.count - Self.shown) more" : ""
        return (lossIsFinite ? "" : "the loss is not finite already; ")
            + (tensor.map { "the first gradient that is not finite is that of \($0.place), " } ?? "")
            + "from sample\(suspects.count == 1 ? "" : "s") (epoch:index) "
            + samples.joined(separator: ", ") + more
    }

    /// Samples that are listed in messages.
    private static let shown = 8
}

extension Trainer {
    /// Does a step again without the sum over the ranks, micro-batch by micro-batch, until one is
    /// not finite on any rank, and says which tensor was the first on this rank; nil where all was
    /// fine here. Overwrites the gradients. Collective: ranks stay together, so that none waits long
    /// for another.
    ///
    /// - Returns: also whether it was broken off, on all ranks, as one was told to stop.
    func findOverflow(
        _ plan: StepPlan, _ outcome: StepOutcome
    ) throws -> (finding: OverflowFinding?, wasBrokenOff: Bool) {
        let sequences = try agreement.jointly { try plan.sequences() }
        let own = (sequences.count + plan.micro - 1) / plan.micro
        for round in 0..<plan.rounds {
            let start = (round - (plan.rounds - own)) * plan.micro
            let finding = start < 0 ? nil : findOverflow(from: start, sequences, plan, outcome)
            if try agreement.anyTrue(finding != nil) { return (finding, false) }
            if try stopPoll.check() { return (nil, true) }
        }
        return (nil, false)
    }

    private func findOverflow(
        from start: Int, _ sequences: [PretrainingSequence], _ plan: StepPlan,
        _ outcome: StepOutcome
    ) -> OverflowFinding? {
        let batch = Array(sequences[start..<min(start + plan.micro, sequences.count)])
        let isLast = start + plan.micro >= sequences.count
        guard
            let found = findOverflow(
                in: batch, plan, outcome, accumulate: start > 0, isLast: isLast)
        else { return nil }
        let alone = batch.indices.filter { index in
            findOverflow(
                in: [batch[index]], plan, outcome, accumulate: false,
                isLast: isLast && index == batch.count - 1) != nil
        }
        return OverflowFinding(
            tensor: found.tensor, lossIsFinite: found.lossIsFinite, batch: batch,
            suspects: alone.isEmpty ? batch : alone.map { batch[$0] })
    }

    /// One forward and backward pass as in a step; `isLast` is where tests make overflows.
    private func findOverflow(
        in batch: [PretrainingSequence], _ plan: StepPlan, _ outcome: StepOutcome,
        accumulate: Bool, isLast: Bool
    ) -> (tensor: Parameter?, lossIsFinite: Bool)? {
        var tensor: Parameter?
        let observer = GradientObserver(ready: { range in
            if isLast { self.spoil(range, plan) }
            guard tensor == nil else { return }
            tensor = self.model.layout.firstNotFinite(
                of: self.model.gradients, in: range, model: self.model)
        })
        let outcomes = model.train(
            batch, scale: outcome.scale, seed: seed, accumulate: accumulate, observer: observer)
        let lossIsFinite = outcomes.allSatisfy {
            $0.maskedLoss.isFinite && $0.nextSentenceLoss.isFinite
        }
        return tensor == nil && lossIsFinite ? nil : (tensor, lossIsFinite)
    }
}

extension Trainer.StepPlan {
    /// Reads this rank's samples.
    func sequences() throws -> [PretrainingSequence] {
        try samples.map {
            PretrainingSequence(try source.sample(epoch: $0.epoch, index: $0.index))
        }
    }
}

extension ParameterLayout {
    /// The first tensor of `block`, in the order of the backward pass, that is not finite; only
    /// tensors that begin in `range` are looked at.
    func firstNotFinite(
        of block: Block<Float>, in range: Range<Int>? = nil, model: BERTForPreTraining
    ) -> Parameter? {
        parameters.last { parameter in
            (range ?? 0..<count).contains(parameter.range.lowerBound)
                && !model.executor.sumOfSquares(block[parameter.range]).isFinite
        }
    }
}

extension Parameter {
    /// The name, and the layer in words.
    var place: String {
        let parts = name.split(separator: ".")
        guard parts.starts(with: ["bert", "encoder", "layer"]), parts.count > 3 else { return name }
        return "\(name) (layer \(parts[3]) of the encoder, counted from 0)"
    }
}

package import BERT
import Corpus
import Distributed
import Evaluation
import Kernels
import Optimization
package import Tensors

/// Where, on one rank, numbers first were not finite.
package struct OverflowFinding {
    /// What one forward and backward pass came to.
    package struct Pass {
        /// The first tensor, in the order of the backward pass, whose gradient was not finite, and
        /// what to call it in messages.
        package var tensor: (parameter: Parameter, place: String)?
        /// Whether the forward pass was still fine.
        package var lossIsFinite = true
        /// Where it was not: the module, by Hugging Face's name, whose output was the first, in the
        /// order of the forward pass, that was not finite.
        package var module: String?
    }

    /// The pass over the micro-batch.
    package let pass: Pass
    /// The micro-batch.
    package let batch: [PretrainingSequence]
    /// Those of it that overflow alone; none where only their sum does.
    package let suspects: [PretrainingSequence]

    /// What, where and from which samples; the rank is said by others.
    var description: String {
        let guilty = suspects.isEmpty ? batch : suspects
        let samples = guilty.prefix(Self.shown).map { "\($0.epoch):\($0.sample)" }
        let more = guilty.count > Self.shown ? " and \(guilty.count - Self.shown) more" : ""
        let place =
            pass.module.map {
                "the loss is not finite; the first output that is not is that of "
                    + "\(withLayer($0)), "
            } ?? pass.tensor.map {
                "the first gradient that is not finite is that of \($0.place), "
            } ?? ""
        return place + "from sample\(guilty.count == 1 ? "" : "s") (epoch:index) "
            + samples.joined(separator: ", ") + more
    }

    /// Samples that are listed in messages.
    private static let shown = 8
}

extension Trainer {
    /// Does a step again without the sum over the ranks, micro-batch by micro-batch, until one is
    /// not finite on any rank, and says which output or gradient was the first on this rank, and
    /// from which sequences; nil where all was fine here. Overwrites the gradients.
    ///
    /// Collective: after each pass all ranks poll, also those that have nothing to look for, so that
    /// none waits long for another, and all notice a signal.
    ///
    /// - Returns: also whether it was broken off, on all ranks, as one was told to stop.
    package func findOverflow(
        _ plan: StepPlan, scale: ObjectiveScale
    ) throws -> (finding: OverflowFinding?, wasBrokenOff: Bool) {
        let sequences = try agreement.throwingTogether { try plan.sequences() }
        let own = (sequences.count + plan.micro - 1) / plan.micro
        for round in 0..<plan.rounds {
            let start = (round - (plan.rounds - own)) * plan.micro
            let rest = start < 0 ? [] : sequences[start...]
            let batch = Array(rest.prefix(plan.micro))
            let isLast = rest.count <= plan.micro
            var pass = overflow(in: batch, plan, scale, accumulate: start > 0, isLast: isLast)
            if pass?.lossIsFinite == false {
                pass?.module = model.firstNotFiniteOutput(seed: seed)
            }
            if try agreement.anyTrue(pass != nil) {
                return try findSuspects(pass, batch, plan, scale, isLast: isLast)
            }
            if try stopPoll.check() { return (nil, true) }
        }
        return (nil, false)
    }

    /// Tries the sequences of `batch`, of which `pass` was not finite, one by one; a rank without
    /// such a batch keeps the others company. Collective.
    private func findSuspects(
        _ pass: OverflowFinding.Pass?, _ batch: [PretrainingSequence], _ plan: StepPlan,
        _ scale: ObjectiveScale, isLast: Bool
    ) throws -> (finding: OverflowFinding?, wasBrokenOff: Bool) {
        var suspects: [PretrainingSequence] = []
        for index in 0..<plan.micro {
            if pass != nil, index < batch.count,
                overflow(
                    in: [batch[index]], plan, scale, accumulate: false,
                    isLast: isLast && index == batch.count - 1) != nil
            {
                suspects.append(batch[index])
            }
            if try stopPoll.check() { return (nil, true) }
        }
        let finding = pass.map {
            OverflowFinding(pass: $0, batch: batch, suspects: suspects)
        }
        return (finding, false)
    }

    /// One forward and backward pass as in a step, nil if it was finite; `isLast` is where tests
    /// make overflows.
    private func overflow(
        in batch: [PretrainingSequence], _ plan: StepPlan, _ scale: ObjectiveScale,
        accumulate: Bool, isLast: Bool
    ) -> OverflowFinding.Pass? {
        guard !batch.isEmpty else { return nil }
        var pass = OverflowFinding.Pass()
        let observer = GradientObserver(ready: { range in
            if isLast { self.spoil(range, plan) }
            guard pass.tensor == nil else { return }
            pass.tensor = self.model.layout.firstNotFinite(
                of: self.model.gradients, in: range, model: self.model
            ).map { ($0, $0.place(in: range)) }
        })
        let outcomes = model.train(
            batch, scale: scale, seed: seed, accumulate: accumulate, observer: observer)
        pass.lossIsFinite = outcomes.allSatisfy {
            $0.maskedLoss.isFinite && $0.nextSentenceLoss.isFinite
        }
        return pass.tensor == nil && pass.lossIsFinite ? nil : pass
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
    /// those whose gradients come with `range` are looked at.
    func firstNotFinite(
        of block: Block<Float>, in range: Range<Int>? = nil, model: BERTForPreTraining
    ) -> Parameter? {
        backwardOrder(range ?? 0..<count).first {
            !model.executor.sumOfSquares(block[$0.range]).isFinite
        }
    }

    /// The parameters whose gradients come with `range` of the block, in the order in which the
    /// backward pass computes them.
    ///
    /// That is from the end of the block to its start but for the heads, of which it takes the
    /// masked tokens' first, from the decoder down, and then the next sentence's. The decoder's part
    /// of the token embedding's gradient comes with the range of the heads; where a range has the
    /// embeddings too, it is at its end, complete.
    package func backwardOrder(_ range: Range<Int>) -> [Parameter] {
        let descending = parameters.reversed()
        let own = descending.filter { range.contains($0.range.lowerBound) }
        let heads = Self.headsBackward.flatMap { head in
            own.filter { $0.name == head || $0.name.hasPrefix("\(head).") }
        }
        guard let decoderBias = heads.first else { return own }
        let shared = descending.filter { $0.name == Self.sharedWithDecoder && !own.contains($0) }
        return [decoderBias] + shared + heads.dropFirst() + own.filter { !heads.contains($0) }
    }

    private static let sharedWithDecoder = "bert.embeddings.word_embeddings.weight"
    private static let headsBackward = [
        "cls.predictions.bias", "cls.predictions.transform.LayerNorm",
        "cls.predictions.transform.dense", "cls.seq_relationship", "bert.pooler.dense",
    ]
}

extension Parameter {
    /// The name, and the layer, or which part of its gradient has come with `range`, in words.
    func place(in range: Range<Int>? = nil) -> String {
        if let range, !range.contains(self.range.lowerBound) { return "\(name) (as the decoder)" }
        return withLayer(name)
    }
}

/// The name of a parameter or module, and in words the layer that it is in.
private func withLayer(_ name: String) -> String {
    let parts = name.split(separator: ".")
    guard parts.starts(with: ["bert", "encoder", "layer"]), parts.count > 3 else { return name }
    return "\(name) (layer \(parts[3]) of the encoder, counted from 0)"
}

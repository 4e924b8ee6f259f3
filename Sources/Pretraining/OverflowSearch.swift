package import BERT
import Corpus
import Distributed
import Kernels
import Optimization
package import Samples
package import Tensors
import TrainingStep

/// First non-finite numbers found on one rank.
package struct OverflowFinding {
    /// Result of one forward and backward pass.
    package struct Pass {
        /// The first tensor, in the order of the backward pass, whose gradient was not finite, with
        /// its description for messages.
        package var tensor: (parameter: Parameter, place: String)?
        /// Whether the loss of the forward pass was finite.
        package var lossIsFinite = true
        /// Hugging Face's name of the first module, in the order of the forward pass, whose output
        /// was not finite; nil if all were finite.
        package var module: String?
    }

    /// Pass over the micro-batch.
    package let pass: Pass
    /// The micro-batch.
    package let batch: [PretrainingSample]
    /// Sequences of it that overflow on their own; empty if only their sum does.
    package let suspects: [PretrainingSample]

    /// Description of the tensor and its samples; the caller adds the rank.
    var description: String {
        let guilty = suspects.isEmpty ? batch : suspects
        let samples = guilty.prefix(Self.shown).map { "\($0.identity.epoch):\($0.identity.index)" }
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

    /// Maximum number of samples listed in messages.
    private static let shown = 8
}

extension Trainer {
    /// Repeats a step without the reduction, micro-batch by micro-batch, until one is not finite on
    /// any rank. Finds the first output or gradient that is not finite on this rank, and the
    /// sequences that cause it; nil if all are finite here. Overwrites the gradients.
    ///
    /// Collective: after each pass all ranks poll, including those with nothing to search, so that
    /// none waits long for another and all notice a signal.
    ///
    /// - Returns: also whether the search was interrupted, on all ranks, because one was asked to
    ///   stop.
    package func findOverflow(
        _ plan: StepPlan, scale: ObjectiveScale
    ) throws -> (finding: OverflowFinding?, wasBrokenOff: Bool) {
        let sequences = try agreement.throwingTogether { try plan.sequences() }
        let rounds = plan.microBatches(of: sequences)
        for round in 0..<rounds.rounds {
            let index = rounds.microBatch(in: round)
            let batch = Array(
                index.map { sequences.dropFirst($0 * plan.micro).prefix(plan.micro) } ?? [])
            let isLast = round == rounds.rounds - 1
            var pass = overflow(
                in: batch, plan, scale, accumulate: index ?? 0 > 0, isLast: isLast)
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

    /// Tries the sequences of `batch`, for which `pass` was not finite, one by one. A rank without
    /// such a batch takes part in the polls. Collective.
    private func findSuspects(
        _ pass: OverflowFinding.Pass?, _ batch: [PretrainingSample], _ plan: StepPlan,
        _ scale: ObjectiveScale, isLast: Bool
    ) throws -> (finding: OverflowFinding?, wasBrokenOff: Bool) {
        var suspects: [PretrainingSample] = []
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

    /// Runs one forward and backward pass as in a step; nil if it was finite. Tests inject
    /// overflows if `isLast`.
    private func overflow(
        in batch: [PretrainingSample], _ plan: StepPlan, _ scale: ObjectiveScale,
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

extension ParameterLayout {
    /// The first non-finite tensor of `block`, in the order of the backward pass, among those whose
    /// gradients are complete with `range`.
    func firstNotFinite(
        of block: Block<Float>, in range: Range<Int>? = nil, model: BERTForPreTraining
    ) -> Parameter? {
        backwardOrder(range ?? 0..<count).first {
            !model.executor.sumOfSquares(block[$0.range]).isFinite
        }
    }

    /// Parameters whose gradients are complete with `range` of the block, in the order in which the
    /// backward pass computes them.
    ///
    /// The order is from the end of the block to its start, except for the heads: first the masked
    /// tokens' head, from the decoder down, and then the next sentence's. The decoder's part of the
    /// token embedding's gradient is complete with the range of the heads; if a range also contains
    /// the embeddings, the complete gradient comes last.
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
    /// The name with its layer in words, or with the part of its gradient that is complete with
    /// `range`.
    func place(in range: Range<Int>? = nil) -> String {
        if let range, !range.contains(self.range.lowerBound) { return "\(name) (as the decoder)" }
        return withLayer(name)
    }
}

/// The name of a parameter or module, with its layer in words.
private func withLayer(_ name: String) -> String {
    let parts = name.split(separator: ".")
    guard parts.starts(with: ["bert", "encoder", "layer"]), parts.count > 3 else { return name }
    return "\(name) (layer \(parts[3]) of the encoder, counted from 0)"
}

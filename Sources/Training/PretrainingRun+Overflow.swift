import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import MPI
import Optimization
import Reporting
import Tensors

extension PretrainingRun {
    /// Leaves an update out that overflowed, or ends the run where that does not help. Collective;
    /// the state has moved behind the batch already.
    ///
    /// - Throws: `TrainingError` (65), on all ranks, with where the overflow came from.
    func skip(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, compute: String, seconds: Double
    ) throws {
        scaler.update(overflowed: true)
        state.lossScaler = scaler.state
        state.skippedSteps += 1
        let isEnd = !scaler.skipsOverflows || scaler.isExhausted
        var cause = OverflowCause()
        if isEnd || Self.looksAfter(scaler.state.overflowsInARow) {
            cause = try findCause(plan, outcome, compute: compute, isEnd: isEnd)
        }
        if isEnd {
            let error = endingError(plan, outcome, cause)
            // All ranks have the same numbers, so all are here: they end together, in order.
            return try agreement.throwingTogether { throw error }
        }
        reporter?.skip(
            SkipRecord(
                step: plan.number, lossScale: outcome.lossScale, nextLossScale: scaler.scale,
                samples: state.samples, inARow: scaler.state.overflowsInARow, cause: cause.text),
            outcome, seconds: seconds)
    }

    /// Whether the cause is looked for, which costs a step and more, though the run goes on: at the
    /// 1st, 2nd, 4th, 8th, ... overflow in a row, as those after it have the same cause, mostly.
    private static func looksAfter(_ overflowsInARow: Int) -> Bool {
        overflowsInARow & (overflowsInARow - 1) == 0
    }

    private func endingError(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, _ cause: OverflowCause
    ) -> TrainingError {
        guard scaler.skipsOverflows else {
            return .data(
                "the loss (\(outcome.loss)) or the gradient (norm \(outcome.gradientNorm)) is not "
                    + "finite at update \(plan.number): the run has diverged; go on from an "
                    + "earlier checkpoint with a lower optimizer.learning_rate or a longer "
                    + "schedule.warmup_steps. \(cause.text)")
        }
        let count =
            "update \(plan.number) overflowed at \(LossScaler.overflowLimit) batches in a row"
        if cause.isInForwardPass, options.configuration.precision.compute == .fp16 {
            return .data(
                "\(count): the forward pass, which no loss scale changes, goes beyond what fp16 "
                    + "holds (65504); go on in bf16 or fp32 (precision.compute, with "
                    + "--allow-changes). \(cause.text)")
        }
        if case .fixed = options.configuration.precision.effectiveLossScale {
            return .data(
                "\(count) at the loss scale \(outcome.lossScale), which precision.loss_scale fixes: "
                    + "go on with a lower number there, or with null, so that it follows overflows "
                    + "(both with --allow-changes); where that does not help, the run has diverged. "
                    + cause.text)
        }
        return .data(
            "\(count) at the smallest loss scale (\(outcome.lossScale)): a lower scale does not "
                + "help, the run has diverged; go on from an earlier checkpoint with a lower "
                + "optimizer.learning_rate, a longer schedule.warmup_steps or a lower "
                + "precision.loss_scale.minimum. \(cause.text)")
    }

    /// Where numbers first were not finite, and where the batch is kept, in words. Every rank does
    /// its part of the step again. Collective; the same on all ranks.
    private func findCause(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, compute: String, isEnd: Bool
    ) throws -> OverflowCause {
        // What is kept names the newest checkpoint: the one under way shall be it.
        try keeper.complete()
        Watchdog.note("the search for the overflow of update", plan.number)
        let sum = model.layout.firstNotFinite(of: model.gradients, model: model)
        let weights = model.layout.firstNotFinite(of: model.parameters, model: model)
        let (finding, wasBrokenOff) = try trainer.findOverflow(plan, scale: outcome.scale)
        // The lowest rank that found something speaks for all.
        let told = try agreement.firstFailure(finding?.description)
        let nowhere =
            wasBrokenOff
            ? "The search for its origin was broken off"
            : "Computed again, the gradient of every rank is finite: their sum overflowed, or a "
                + "fault of the machine has passed"
        var cause =
            told.map { "On rank \($0.rank), \($0.message)" }
            ?? nowhere
            + (sum.map { "; of the sum, the first not finite is that of \($0.place())" } ?? "")
        if let weights { cause += "; the weights are not finite themselves: \(weights.place())" }
        let checkpoint = try communicator.broadcastFromRoot({ newestCheckpoint })
        var kept = ""
        if !wasBrokenOff, communicator.rank == told?.rank ?? 0 {
            kept = keepBatch(isEnd: isEnd) {
                try overflowFile(
                    plan, outcome, finding, cause: cause, compute: compute, checkpoint: checkpoint)
            }
        }
        if let note = try agreement.firstFailure(kept.isEmpty ? nil : kept) {
            cause += ". \(note.message)"
        }
        return OverflowCause(
            text: cause, isInForwardPass: try agreement.anyTrue(finding?.pass.module != nil))
    }

    /// What a search found.
    private struct OverflowCause {
        /// In words.
        var text = ""
        /// Whether a rank's forward pass was not finite.
        var isInForwardPass = false
    }

    /// Writes the batch into the run directory; says where, or why not: a full disk must not hide
    /// what happened.
    private func keepBatch(isEnd: Bool, _ file: () throws -> OverflowFile) -> String {
        do {
            guard let path = try file().write(run: options.directory, isLast: isEnd) else {
                return "The batch is not kept: there are \(OverflowFile.maximumFiles) in "
                    + "\(Paths.join(options.directory, OverflowFile.folder)) already"
            }
            return "`bert-train replay \(path)` computes the batch again in fp32"
        } catch {
            return "The batch could not be kept: \(error)"
        }
    }

    private func overflowFile(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, _ finding: OverflowFinding?,
        cause: String, compute: String, checkpoint: String
    ) throws -> OverflowFile {
        let alone = finding?.suspects ?? []
        let batch = try finding?.batch ?? Array(plan.sequences().prefix(plan.micro))
        let others = batch.filter { sequence in
            !alone.contains { $0.epoch == sequence.epoch && $0.sample == sequence.sample }
        }
        let samples = (alone + others).prefix(OverflowFile.maximumSamples)
        return OverflowFile(
            step: plan.number, batch: plan.batch, rank: communicator.rank,
            ranks: communicator.size, compute: compute, lossScale: outcome.lossScale, cause: cause,
            tensor: finding?.pass.module ?? finding?.pass.tensor?.parameter.name ?? "",
            seed: trainer.seed,
            globalMasked: outcome.masked, globalSequences: outcome.sequences,
            checkpoint: checkpoint, checkpointStep: weightsStep,
            initializeFrom: options.configuration.modelFiles.initializeFrom ?? "",
            model: try setup.configuration.json(), suspects: min(alone.count, samples.count),
            samples: samples.map { OverflowFile.Sample($0) })
    }

    /// The newest checkpoint: one of the run's own, relative to the run directory, else that which
    /// the run went on from; empty if there is none. Known to the coordinator.
    private var newestCheckpoint: String {
        if keeper.lastStep != nil {
            let folder = Paths.name(of: Paths.parent(of: keeper.lastPath))
            return Paths.join(folder, Paths.name(of: keeper.lastPath))
        }
        return setup.checkpoint?.path ?? ""
    }

    /// The step of its weights.
    private var weightsStep: Int { keeper.lastStep ?? setup.checkpoint?.step ?? 0 }
}

extension ModelSetup {
    /// The checkpoint that the run went on from.
    fileprivate var checkpoint: Checkpoint? {
        if case .checkpoint(let checkpoint) = origin { checkpoint } else { nil }
    }
}

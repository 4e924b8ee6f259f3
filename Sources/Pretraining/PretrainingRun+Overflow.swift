import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import MPI
import Optimization
import Reporting
import Samples
import Tensors

extension PretrainingRun {
    /// Skips an update that overflowed, or ends the run if skipping does not help. Collective; the
    /// state has already advanced past the batch.
    ///
    /// - Throws: `PretrainingError` (65), on all ranks, with the origin of the overflow.
    func skip(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, compute: String, seconds: Double
    ) throws {
        state.lossScaler = scaler.state
        state.skippedSteps += 1
        let isEnd = !scaler.skipsOverflows || scaler.isExhausted
        var cause = OverflowCause()
        if isEnd || Self.looksAfter(scaler.state.overflowsInARow) {
            cause = try findCause(plan, outcome, compute: compute, isEnd: isEnd)
        }
        if isEnd {
            let error = endingError(plan, outcome, cause)
            // All ranks have the same numbers, so all reach this point and end together, in order.
            return try agreement.throwingTogether { throw error }
        }
        reporter?.skip(
            SkipRecord(
                step: plan.number, lossScale: outcome.lossScale, nextLossScale: scaler.scale,
                samples: state.samples, inARow: scaler.state.overflowsInARow, cause: cause.text),
            outcome, seconds: seconds)
    }

    /// Whether to search for the cause, which costs a step or more, although the run continues: at
    /// the 1st, 2nd, 4th, 8th, ... consecutive overflow, because the following ones mostly have the
    /// same cause.
    private static func looksAfter(_ overflowsInARow: Int) -> Bool {
        overflowsInARow & (overflowsInARow - 1) == 0
    }

    private func endingError(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, _ cause: OverflowCause
    ) -> PretrainingError {
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

    /// Finds and describes the first non-finite numbers and the file in which the batch is saved.
    /// Every rank repeats its part of the step. Collective; the same on all ranks.
    private func findCause(
        _ plan: Trainer.StepPlan, _ outcome: StepOutcome, compute: String, isEnd: Bool
    ) throws -> OverflowCause {
        // The saved batch names the newest checkpoint, which must be the one in flight.
        try keeper.complete()
        Watchdog.note("the search for the overflow of update", plan.number)
        let sum = model.layout.firstNotFinite(of: model.gradients, model: model)
        let weights = model.layout.firstNotFinite(of: model.parameters, model: model)
        let (finding, wasBrokenOff) = try trainer.findOverflow(plan, scale: outcome.scale)
        // The finding of the lowest rank that has one is used.
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

    /// Result of a search.
    private struct OverflowCause {
        /// Description of the cause.
        var text = ""
        /// Whether the forward pass of any rank was not finite.
        var isInForwardPass = false
    }

    /// Writes the batch into the run directory and returns the path or the error as text, because a
    /// full disk must not hide the overflow.
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
            !alone.contains { $0.identity == sequence.identity }
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

    /// The newest checkpoint: one of the run's own, relative to the run directory, otherwise the
    /// one that the run resumed from; empty if there is none. Known to the coordinator.
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
    /// The checkpoint that the run resumed from.
    fileprivate var checkpoint: Checkpoint? {
        if case .checkpoint(let checkpoint) = origin { checkpoint } else { nil }
    }
}

import Checkpointing
import Distributed
import Evaluation
import Formats
import MPI
import Reporting

/// Evaluations during and at the end of training.
extension PretrainingRun {
    /// Runs the evaluation that is missing because an earlier attempt stopped between a checkpoint
    /// and its evaluation.
    ///
    /// - Returns: the exit status if that ends the run.
    func runMissedEvaluation() throws -> Int32? {
        let phase = phases[state.phase]
        guard state.phaseStep > 0, !isAtEnd, shouldEvaluate(phase) else { return nil }
        guard try agreement.anyTrue(isCoordinator && reporter?.history.evaluatedStep != state.step)
        else {
            // The earlier attempt may have reached the target and stopped before it could report
            // that.
            return try agreement.anyTrue(
                isCoordinator && reporter?.history.hasReached(phase) == true)
                ? try finish(evaluated: true) : nil
        }
        return try evaluateOnTheWay(phase)
    }

    /// Evaluates during training, and keeps the best model.
    ///
    /// - Returns: the exit status if that ends the run, because it was interrupted or reached the
    ///   target.
    func evaluateOnTheWay(_ phase: PretrainingPhase) throws -> Int32? {
        guard try evaluate(phase) else { return try stop() }
        if try agreement.anyTrue(isCoordinator && reporter?.history.hasReached(phase) == true) {
            return try finish(evaluated: true)
        }
        guard options.configuration.checkpoint.keepBest, !keeper.has(state.step) else { return nil }
        let isBest = try agreement.throwingTogether {
            try isCoordinator && reporter?.history.isBest(state.step, among: keeper.steps()) == true
        }
        if try agreement.anyTrue(isBest) { try beginCheckpoint() }
        return nil
    }

    func shouldEvaluate(_ phase: PretrainingPhase) -> Bool {
        let interval = phase.configuration.evaluation.everySteps
        return interval > 0 && state.step % interval == 0
    }

    /// Evaluates on the held-out data of `phase`, if any. Returns false if interrupted.
    func evaluate(_ phase: PretrainingPhase) throws -> Bool {
        guard let heldout = phase.heldout else { return true }
        Watchdog.note("the evaluation after step", state.step)
        let evaluator = PretrainingEvaluator(
            source: heldout, vocabulary: setup.vocabulary,
            maximumSamples: phase.configuration.evaluation.maxSequences,
            batch: phase.micro, communicator: communicator)
        guard let result = try evaluator.evaluate(model, interruptedBy: stopPoll) else {
            return false
        }
        reporter?.evaluation(
            EvaluationRecord(result, step: state.step, vocabulary: setup.vocabulary))
        return true
    }
}

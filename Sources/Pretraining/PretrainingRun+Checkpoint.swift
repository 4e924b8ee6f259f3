import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import MPI
import Optimization
import Reporting
import Runtime

extension PretrainingRun {
    /// Connects checkpoints with the run's lock and its reports.
    func attachKeeper() {
        keeper.verifyLockHeld = { [unowned self] in try lock?.requireHeld() }
        keeper.scores = { [unowned self] in reporter?.history.scores ?? [:] }
        keeper.report = { [unowned self] outcome in note(outcome) }
    }

    /// Begins a checkpoint of the current step; a failure is reported, and training continues.
    func beginCheckpoint() throws {
        Watchdog.note("the checkpoint of step", state.step)
        try keeper.begin(
            describedState(), model: model, moments: FlatMoments(of: trainer, communicator),
            description: setup.description())
    }

    /// Waits for the checkpoint in flight, then writes that of the current step unless it exists.
    /// The one in flight is nearly finished, so it completes before another begins.
    func saveLast() throws {
        Watchdog.note("the checkpoint of step", state.step)
        try keeper.complete()
        guard keeper.lastStep != state.step else { return }
        try keeper.save(
            describedState(), model: model, moments: FlatMoments(of: trainer, communicator),
            description: setup.description())
    }

    /// Training state together with other facts about the run.
    private func describedState() -> TrainingState {
        state.seed = options.configuration.run.seed
        state.optimizerName = optimizer.settings.name.rawValue
        state.resolvedConfiguration = resolved.yaml
        state.corpusFingerprint = phases[state.phase].source.fingerprint
        return state
    }

    private func note(_ outcome: CheckpointKeeper.Outcome) {
        switch outcome {
        case .published(let record, let problem):
            timeBudget.noteWrite(seconds: record.seconds)
            reporter?.checkpoint(record)
            if let problem {
                reporter?.warning("old checkpoints could not be deleted: \(problem)")
            }
        case .failed(let step, let failure):
            reporter?.warning(
                "the checkpoint of step \(step) could not be written, training goes on: "
                    + "\(failure)")
        }
    }
}

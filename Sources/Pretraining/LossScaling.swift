import Checkpointing
import Optimization

extension TrainingState {
    /// State of the loss scaler.
    var lossScaler: LossScaler.State {
        get {
            var state = LossScaler.State(scale: lossScale)
            state.cleanSteps = lossScaleCleanSteps
            state.hysteresisLeft = lossScaleHysteresisLeft
            state.overflowsInARow = overflowsInARow
            state.overflowsAtMinimum = overflowsAtMinimum
            return state
        }
        set {
            lossScale = newValue.scale
            lossScaleCleanSteps = newValue.cleanSteps
            lossScaleHysteresisLeft = newValue.hysteresisLeft
            overflowsInARow = newValue.overflowsInARow
            overflowsAtMinimum = newValue.overflowsAtMinimum
        }
    }
}

extension LossScaler {
    /// Loss scaler of a run that resumes from `stored`, which was made with `earlier` settings; nil
    /// if that run did not scale, scaled by other rules, or computed in another type.
    ///
    /// - Throws: `PretrainingError` (65) if the state contradicts the rules it was made by.
    static func restored(
        _ stored: TrainingState, earlier: PrecisionSettings,
        _ current: PrecisionSettings, path: String
    ) throws(PretrainingError) -> LossScaler? {
        let policy = current.scalerPolicy
        guard earlier.compute == current.compute, earlier.scalerPolicy == policy else { return nil }
        guard let scaler = LossScaler(policy, state: stored.lossScaler) else {
            throw .data(
                "the checkpoint \(path) has a loss scale (\(stored.lossScale)) or counts of clean "
                    + "steps and overflows that no run with its settings comes to; go on from an "
                    + "earlier checkpoint")
        }
        return scaler
    }
}

import Checkpointing
import Configuration
import Optimization

extension LossScaler.Policy {
    /// The loss scaling that `precision` asks for.
    ///
    /// With fp16 a fixed scale is one that neither falls nor grows: values beyond 65504 are to be
    /// expected there, so an overflow is left out, and only many in a row are an error. With the
    /// range of fp32 and bf16, a fixed scale means that any overflow is one.
    init(_ precision: RunConfiguration.Precision) {
        switch precision.effectiveLossScale {
        case .fixed(let scale) where precision.compute == .fp16:
            self = .dynamic(.init(initial: scale, growth: 1, minimum: scale))
        case .fixed(let scale):
            self = .fixed(scale)
        case .dynamic(let scale):
            self = .dynamic(
                .init(
                    initial: scale.initial, growth: scale.growth, backoff: scale.backoff,
                    interval: scale.interval, minimum: scale.minimum,
                    hysteresis: scale.hysteresis))
        }
    }
}

extension TrainingState {
    /// Where the loss scaler stands.
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
    /// The scaler of a run that goes on from `stored`, which was made with `earlier` settings; nil
    /// where it did not scale, scaled by other rules, or computed in another type.
    ///
    /// - Throws: `TrainingError` (65) where the state contradicts the rules it was made by.
    static func restored(
        _ stored: TrainingState, earlier: RunConfiguration.Precision,
        _ current: RunConfiguration.Precision, path: String
    ) throws(TrainingError) -> LossScaler? {
        let policy = Policy(current)
        guard earlier.compute == current.compute, Policy(earlier) == policy else { return nil }
        guard let scaler = LossScaler(policy, state: stored.lossScaler) else {
            throw .data(
                "the checkpoint \(path) has a loss scale (\(stored.lossScale)) or counts of clean "
                    + "steps and overflows that no run with its settings comes to; go on from an "
                    + "earlier checkpoint")
        }
        return scaler
    }
}

/// The effect of a changed setting on a run that resumes from a checkpoint.
public enum SettingEffect: Sendable {
    /// The weights no longer fit, so the run is rejected.
    case changesModel
    /// The run continues, but differs from the unchanged one, so there is a warning.
    case changesTraining
    /// Only affects where, how fast, or how often something is done.
    case harmless
}

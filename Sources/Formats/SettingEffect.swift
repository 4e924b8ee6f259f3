/// The effect of a changed setting on a run that resumes from a checkpoint.
public enum SettingEffect: Sendable {
    /// The weights no longer fit: refuse.
    case changesModel
    /// The run continues, but differs from the unchanged one: warn.
    case changesTraining
    /// Only where, how fast, or how often something is done.
    case harmless
}

public import BERT
public import Corpus
public import Optimization

/// Configuration of a pre-training run, as given by the YAML file of `--config` and the `--set`
/// arguments. `RunConfiguration()` contains the defaults.
///
/// It combines the settings of the system's parts, each declared by its part, with those of the run
/// itself; `docs/configuration.md` lists all keys.
public struct RunConfiguration: Equatable, Sendable {
    /// Name, seed and directory of the run.
    public var run = Run()
    /// Sizes and constants of the model.
    public var model = ModelSettings()
    /// Origin of its weights and vocabulary.
    public var modelFiles = ModelFiles()
    /// Training and held-out data.
    public var data = Data()
    /// Settings for making samples from the data, and their masks.
    public var samples = SampleSettings()
    /// Batch sizes, counted in sequences.
    public var batch = Batch()
    /// The update rule.
    public var optimizer = OptimizerSettings()
    /// Learning rate schedule. In a phase, steps count from the phase's start.
    public var schedule = LearningRateSchedule()
    /// Element type of the computation, and loss scaling.
    public var precision = PrecisionSettings()
    /// Consecutive parts of the run that differ in some keys; empty for a run without phases.
    public var phases: [Phase] = []
    /// Held-out evaluation during training.
    public var evaluation = Evaluation()
    /// Schedule and retention of checkpoints.
    public var checkpoint = Checkpoint()
    /// Distribution of the work over ranks and threads; it never affects what is computed.
    public var parallel = Parallel()

    /// The defaults.
    public init() {}
}

public import BERT
public import Corpus
public import Optimization

/// Everything that decides a pre-training run, as the YAML file of `--config` and the `--set`
/// arguments give it. A value made by `RunConfiguration()` holds the defaults.
///
/// It joins the settings of the parts of the system, each of which is declared by its part, with those
/// of the run itself; `docs/configuration.md` lists all keys.
public struct RunConfiguration: Equatable, Sendable {
    /// Name, seed and place of the run.
    public var run = Run()
    /// Sizes and constants of the model.
    public var model = ModelSettings()
    /// The origin of its weights and vocabulary.
    public var modelFiles = ModelFiles()
    /// Training and held-out data.
    public var data = Data()
    /// The samples made of them, and their masks.
    public var samples = SampleSettings()
    /// Batch sizes, counted in sequences.
    public var batch = Batch()
    /// The update rule.
    public var optimizer = OptimizerSettings()
    /// Learning rate over the steps. In a phase, steps count from the phase's start.
    public var schedule = LearningRateSchedule()
    /// Element type of the computation, and loss scaling.
    public var precision = PrecisionSettings()
    /// Consecutive parts of one run that differ in some keys; empty for a run of one piece.
    public var phases: [Phase] = []
    /// Held-out evaluation during training.
    public var evaluation = Evaluation()
    /// When checkpoints are written and which stay.
    public var checkpoint = Checkpoint()
    /// How ranks and threads share the work; never what is computed.
    public var parallel = Parallel()

    /// The defaults.
    public init() {}
}

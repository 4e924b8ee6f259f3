/// Everything that decides a pre-training run, as the YAML file of `--config` and the `--set`
/// arguments give it. A value made by `RunConfiguration()` holds the defaults.
///
/// Each section is a nested struct whose properties are the YAML keys in camel case;
/// `docs/configuration.md` lists them all.
public struct RunConfiguration: Equatable, Sendable {
    /// Name, seed and place of the run.
    public var run = Run()
    /// The architecture, and where its weights and vocabulary come from.
    public var model = Model()
    /// Training and held-out data, and how it is read.
    public var data = Data()
    /// The masked-language-model task.
    public var masking = Masking()
    /// Batch sizes, counted in sequences.
    public var batch = Batch()
    /// The update rule.
    public var optimizer = Optimizer()
    /// Learning rate over the steps.
    public var schedule = Schedule()
    /// Element type of the computation, and loss scaling.
    public var precision = Precision()
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

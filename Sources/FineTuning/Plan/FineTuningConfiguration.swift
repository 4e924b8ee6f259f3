internal import DurableFiles
public import Tensors

/// Configuration of a fine-tuning fan-out: the file of `bert-train finetune --config`.
public struct FineTuningConfiguration: Equatable, Sendable {
    /// A pre-trained model to start from.
    public struct StartingPoint: Equatable, Sendable {
        /// `name`: name in results; defaults to the path's last component.
        public var name = ""
        /// `path`: a run directory, a checkpoint, or a Hugging Face directory.
        public var path = ""
        /// `from_scratch`: use only its sizes and vocabulary, with random weights.
        public var fromScratch = false

        /// The defaults, without a path.
        public init() {}
    }

    /// Settings for stopping a trial before its last epoch.
    public struct EarlyStoppingSettings: Equatable, Sendable {
        /// `patience`: evaluations without improvement before a trial stops; 0 never stops.
        public var patience = 0
        /// `minimum_improvement`: minimum increase of the deciding metric that counts as an
        /// improvement.
        public var minimumImprovement = 0.0
        /// `evaluations_per_epoch`: evaluations per epoch.
        public var evaluationsPerEpoch = 1

        /// The defaults.
        public init() {}
    }

    /// `name`: the folder of the results within `directory`.
    public var name = "finetune"
    /// `directory`: parent of the folders of results.
    public var directory = "Checkpoints"
    /// `tasks`: tasks to fine-tune on.
    public var tasks: [TaskDefinition] = []
    /// `checkpoints`: models to start from.
    public var checkpoints: [StartingPoint] = []
    /// `seeds`: seeds of the head's initial weights, the order of the data, and dropout.
    public var seeds = [1, 2, 3]
    /// `learning_rates`: peak learning rates to try.
    public var learningRates = [3e-5]
    /// `epochs`: numbers of epochs to try.
    public var epochs = [3]
    /// `sequence_length`: maximum length of an input, in tokens.
    public var sequenceLength = 128
    /// `batch_size`: inputs per update, over all ranks of a trial.
    public var batchSize = 32
    /// `micro_batch_size`: maximum number of inputs a rank computes at once.
    public var microBatchSize = 16
    /// `warmup`: fraction of the updates over which the learning rate rises.
    public var warmup = 0.1
    /// `weight_decay`: as in pre-training.
    public var weightDecay = 0.01
    /// `clip_norm`: as in pre-training; 0 is off.
    public var clipNorm = 1.0
    /// `head_dropout`: dropout of the head's input; nil takes the model's `classifier_dropout`, or
    /// its `hidden_dropout_prob` if that is missing.
    public var headDropout: Double?
    /// `precision`: element type of the forward and backward pass.
    public var precision = Precision.fp32
    /// `ranks_per_trial`: ranks that train one trial together.
    public var ranksPerTrial = 1
    /// `retries`: retries of a failed trial.
    public var retries = 1
    /// `early_stopping`: early stopping of trials.
    public var earlyStopping = EarlyStoppingSettings()

    /// The defaults, without tasks and checkpoints.
    public init() {}

    /// Directory of the results: `name` in `directory`.
    public var resultsDirectory: String { Paths.join(directory, name) }

    /// Maximum number of trials of a fan-out.
    public static let maximumTrials = 100_000
}

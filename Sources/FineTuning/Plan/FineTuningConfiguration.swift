internal import DurableFiles
public import Tensors

/// Everything that decides a fan-out of fine-tuning: the file of `bert-train finetune --config`.
public struct FineTuningConfiguration: Equatable, Sendable {
    /// A model to start from.
    public struct StartingPoint: Equatable, Sendable {
        /// `name`: names it in results; the path's last part where left out.
        public var name = ""
        /// `path`: a run directory, a checkpoint, or a Hugging Face directory.
        public var path = ""
        /// `from_scratch`: take only its sizes and vocabulary, with random weights.
        public var fromScratch = false

        /// The defaults, without a path.
        public init() {}
    }

    /// When a trial stops before its last epoch.
    public struct EarlyStoppingSettings: Equatable, Sendable {
        /// `patience`: evaluations without improvement after which a trial stops; 0 never stops.
        public var patience = 0
        /// `minimum_improvement`: what counts as an improvement of the deciding metric.
        public var minimumImprovement = 0.0
        /// `evaluations_per_epoch`: how often the evaluation data is scored.
        public var evaluationsPerEpoch = 1

        /// The defaults.
        public init() {}
    }

    /// `name`: the folder of the results within `directory`.
    public var name = "finetune"
    /// `directory`: where folders of results land.
    public var directory = "Checkpoints"
    /// `tasks`: what is learned.
    public var tasks: [TaskDefinition] = []
    /// `checkpoints`: the models to start from.
    public var checkpoints: [StartingPoint] = []
    /// `seeds`: of the head's initial weights, the order of the data, and dropout.
    public var seeds = [1, 2, 3]
    /// `learning_rates`: peaks to try.
    public var learningRates = [3e-5]
    /// `epochs`: numbers of passes to try.
    public var epochs = [3]
    /// `sequence_length`: the most tokens of an input.
    public var sequenceLength = 128
    /// `batch_size`: inputs of an update, over all ranks of a trial.
    public var batchSize = 32
    /// `micro_batch_size`: the most inputs a rank computes at once.
    public var microBatchSize = 16
    /// `warmup`: the part of the updates over which the learning rate rises.
    public var warmup = 0.1
    /// `weight_decay`: as in pre-training.
    public var weightDecay = 0.01
    /// `clip_norm`: as in pre-training; 0 is off.
    public var clipNorm = 1.0
    /// `head_dropout`: dropout of the head's input; nil is that of the model: its
    /// `classifier_dropout`, or else its `hidden_dropout_prob`.
    public var headDropout: Double?
    /// `precision`: element type of the forward and backward pass.
    public var precision = Precision.fp32
    /// `ranks_per_trial`: ranks that work on one trial together.
    public var ranksPerTrial = 1
    /// `retries`: how often a trial that failed is tried again.
    public var retries = 1
    /// `early_stopping`: when a trial stops.
    public var earlyStopping = EarlyStoppingSettings()

    /// The defaults, without tasks and checkpoints.
    public init() {}

    /// Where results land: `name` in `directory`.
    public var resultsDirectory: String { Paths.join(directory, name) }

    /// The most trials of a fan-out.
    public static let maximumTrials = 100_000
}

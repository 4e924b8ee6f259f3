/// Measurements of one optimizer update, over the whole global batch.
public struct StepRecord: Codable, Sendable, Equatable {
    /// Updates done, including this one; counts from 1.
    public var step: Int
    /// Total updates of the run. For the console only: not part of the log line, and 0 in a record
    /// read from one.
    public var totalSteps: Int
    /// `mlmLoss + nspLoss`.
    public var loss: Double
    /// Mean cross-entropy over all masked tokens of the global batch, in nats.
    public var mlmLoss: Double
    /// Mean cross-entropy of next-sentence prediction over the global batch, in nats.
    public var nspLoss: Double
    /// Fraction of masked tokens predicted correctly, 0...1.
    public var mlmAccuracy: Double
    /// Fraction of pairs whose label was predicted correctly, 0...1.
    public var nspAccuracy: Double
    /// The learning rate of this update.
    public var learningRate: Double
    /// Global norm of the reduced, unscaled gradient, before clipping.
    public var gradientNorm: Double
    /// Loss scale of mixed precision; 1 if there is none.
    public var lossScale: Double
    /// Sequences seen since the start of the run, over all ranks.
    public var samples: Int
    /// Tokens (without padding) seen since the start of the run, over all ranks.
    public var tokens: Int
    /// Speed of this step over all ranks.
    public var tokensPerSecond: Double
    /// Wall time of this step, in seconds.
    public var stepSeconds: Double
    /// Fraction of the time with gradients in flight between ranks during which rank 0 continued
    /// the backward pass, 0...1; nil on a single rank.
    public var overlap: Double?
    /// Model operations of this step divided by those possible at the ranks' peak in its time
    /// (model FLOPs utilization).
    public var mfu: Double?

    /// A record of the given numbers.
    public init(
        step: Int, totalSteps: Int, loss: Double, mlmLoss: Double, nspLoss: Double,
        mlmAccuracy: Double, nspAccuracy: Double, learningRate: Double, gradientNorm: Double,
        lossScale: Double, samples: Int, tokens: Int, tokensPerSecond: Double, stepSeconds: Double,
        overlap: Double?, mfu: Double?
    ) {
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
        self.mlmLoss = mlmLoss
        self.nspLoss = nspLoss
        self.mlmAccuracy = mlmAccuracy
        self.nspAccuracy = nspAccuracy
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.lossScale = lossScale
        self.samples = samples
        self.tokens = tokens
        self.tokensPerSecond = tokensPerSecond
        self.stepSeconds = stepSeconds
        self.overlap = overlap
        self.mfu = mfu
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }
}

extension StepRecord: ColumnRecord {
    static let columns: [Column<StepRecord>] = [
        .integer("step", \.step),
        .number("loss", \.loss),
        .number("mlm_loss", \.mlmLoss),
        .number("nsp_loss", \.nspLoss),
        .number("mlm_accuracy", \.mlmAccuracy),
        .number("nsp_accuracy", \.nspAccuracy),
        .number("learning_rate", \.learningRate),
        .number("grad_norm", \.gradientNorm),
        .number("loss_scale", \.lossScale),
        .integer("samples", \.samples),
        .integer("tokens", \.tokens),
        .number("tokens_per_second", \.tokensPerSecond),
        .number("step_seconds", \.stepSeconds),
        .optional("overlap", \.overlap),
        .optional("mfu", \.mfu),
    ]

    static let blank = StepRecord(
        step: 0, totalSteps: 0, loss: 0, mlmLoss: 0, nspLoss: 0, mlmAccuracy: 0, nspAccuracy: 0,
        learningRate: 0, gradientNorm: 0, lossScale: 0, samples: 0, tokens: 0, tokensPerSecond: 0,
        stepSeconds: 0, overlap: nil, mfu: nil)
}

/// Result of an evaluation on held-out samples, with baselines.
public struct EvaluationRecord: Codable, Sendable, Equatable {
    /// Updates of the evaluated weights.
    public var step: Int
    /// Fraction of masked tokens predicted correctly, 0...1.
    public var mlmAccuracy: Double
    /// Mean cross-entropy over the masked tokens, in nats.
    public var mlmLoss: Double
    /// Masked tokens evaluated.
    public var mlmTokens: Int
    /// Fraction of pairs whose label was predicted correctly, 0...1.
    public var nspAccuracy: Double
    /// Mean cross-entropy over the pairs, in nats.
    public var nspLoss: Double
    /// Sentence pairs evaluated.
    public var nspPairs: Int
    /// Accuracy of always predicting the most frequent of the masked tokens.
    public var mlmBaselineAccuracy: Double
    /// That token as spelt in the vocabulary, or its id if there is no vocabulary.
    public var mlmBaselineToken: String
    /// Accuracy of always predicting the more frequent label.
    public var nspBaselineAccuracy: Double

    /// Bounds of the 95% confidence intervals; nil if the data does not allow any, and in records
    /// of earlier versions.
    public var intervals = Intervals()

    /// 95% confidence intervals, by the bootstrap over documents.
    public struct Intervals: Sendable, Equatable {
        /// Of `mlmAccuracy`.
        public var mlmAccuracyLow, mlmAccuracyHigh: Double?
        /// Of `mlmLoss`.
        public var mlmLossLow, mlmLossHigh: Double?
        /// Of `nspAccuracy`.
        public var nspAccuracyLow, nspAccuracyHigh: Double?
        /// Of `nspLoss`.
        public var nspLossLow, nspLossHigh: Double?

        /// No intervals.
        public init() {}
    }

    /// A record of the given numbers, without intervals.
    public init(
        step: Int, mlmAccuracy: Double, mlmLoss: Double, mlmTokens: Int, nspAccuracy: Double,
        nspLoss: Double, nspPairs: Int, mlmBaselineAccuracy: Double, mlmBaselineToken: String,
        nspBaselineAccuracy: Double
    ) {
        self.step = step
        self.mlmAccuracy = mlmAccuracy
        self.mlmLoss = mlmLoss
        self.mlmTokens = mlmTokens
        self.nspAccuracy = nspAccuracy
        self.nspLoss = nspLoss
        self.nspPairs = nspPairs
        self.mlmBaselineAccuracy = mlmBaselineAccuracy
        self.mlmBaselineToken = mlmBaselineToken
        self.nspBaselineAccuracy = nspBaselineAccuracy
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }

}

extension EvaluationRecord: ColumnRecord {
    static let columns: [Column<EvaluationRecord>] = [
        .integer("step", \.step),
        .number("mlm_accuracy", \.mlmAccuracy),
        .number("mlm_loss", \.mlmLoss),
        .integer("mlm_tokens", \.mlmTokens),
        .number("nsp_accuracy", \.nspAccuracy),
        .number("nsp_loss", \.nspLoss),
        .integer("nsp_pairs", \.nspPairs),
        .number("mlm_baseline_accuracy", \.mlmBaselineAccuracy),
        .text("mlm_baseline_token", \.mlmBaselineToken),
        .number("nsp_baseline_accuracy", \.nspBaselineAccuracy),
        .optional("mlm_accuracy_low", \.intervals.mlmAccuracyLow),
        .optional("mlm_accuracy_high", \.intervals.mlmAccuracyHigh),
        .optional("mlm_loss_low", \.intervals.mlmLossLow),
        .optional("mlm_loss_high", \.intervals.mlmLossHigh),
        .optional("nsp_accuracy_low", \.intervals.nspAccuracyLow),
        .optional("nsp_accuracy_high", \.intervals.nspAccuracyHigh),
        .optional("nsp_loss_low", \.intervals.nspLossLow),
        .optional("nsp_loss_high", \.intervals.nspLossHigh),
    ]

    static let blank = EvaluationRecord(
        step: 0, mlmAccuracy: 0, mlmLoss: 0, mlmTokens: 0, nspAccuracy: 0, nspLoss: 0, nspPairs: 0,
        mlmBaselineAccuracy: 0, mlmBaselineToken: "", nspBaselineAccuracy: 0)
}

public import DurableFiles
import FoundationEssentials

/// Summary of a run's end: summary.json.
public struct RunSummary: Codable, Sendable, Equatable {
    /// Default name in a run directory.
    public static let name = "summary.json"

    /// The run's name.
    public var run: String
    /// "finished" or "preempted".
    public var status: String
    /// Last step done.
    public var step: Int
    /// Total steps of the configuration.
    public var totalSteps: Int
    /// Training loss of the last step, see `StepRecord`.
    public var loss: Double
    /// MLM part of it.
    public var mlmLoss: Double
    /// NSP part of it.
    public var nspLoss: Double
    /// Sequences seen since the start of the run, over all attempts and ranks.
    public var samples: Int
    /// Tokens seen since the start of the run, over all attempts and ranks.
    public var tokens: Int
    /// Wall time of this attempt, in seconds.
    public var wallSeconds: Double
    /// Mean speed of this attempt over all ranks, in training steps only.
    public var tokensPerSecond: Double
    /// Fraction of the time with gradients in flight during which rank 0 continued the backward
    /// pass, over this attempt; nil on a single rank.
    public var overlap: Double?
    /// Model operations of this attempt divided by those possible at the ranks' peak in the same
    /// time, in training steps only.
    public var mfu: Double?
    /// Peak operations per second of matrix products, over all ranks, measured at the start.
    public var peakOperationsPerSecond: Double?
    /// Maximum memory of rank 0 in bytes, as estimated in the banner.
    public var memoryForecastBytes: Int?
    /// Maximum memory of rank 0 in bytes, as measured.
    public var peakMemoryBytes: Int?
    /// MPI ranks of this attempt.
    public var ranks: Int
    /// Threads per rank.
    public var threads: Int
    /// Number of trained values.
    public var parameters: Int
    /// Path of the newest checkpoint; empty if there is none.
    public var checkpoint: String
    /// Step of the evaluation, of any attempt, with the highest MLM accuracy; nil if there was
    /// none. `checkpoint.keep_best` retains its checkpoint.
    public var bestStep: Int?
    /// That accuracy.
    public var bestMaskedAccuracy: Double?
    /// All evaluations of this attempt; the last one is the final one.
    public var evaluations: [EvaluationRecord]

    /// A summary of the given values.
    public init(
        run: String, status: String, step: Int, totalSteps: Int, loss: Double, mlmLoss: Double,
        nspLoss: Double, samples: Int, tokens: Int, wallSeconds: Double, tokensPerSecond: Double,
        overlap: Double?, mfu: Double?, peakOperationsPerSecond: Double?,
        memoryForecastBytes: Int?, peakMemoryBytes: Int?, ranks: Int, threads: Int,
        parameters: Int, checkpoint: String, bestStep: Int?, bestMaskedAccuracy: Double?,
        evaluations: [EvaluationRecord]
    ) {
        self.run = run
        self.status = status
        self.step = step
        self.totalSteps = totalSteps
        self.loss = loss
        self.mlmLoss = mlmLoss
        self.nspLoss = nspLoss
        self.samples = samples
        self.tokens = tokens
        self.wallSeconds = wallSeconds
        self.tokensPerSecond = tokensPerSecond
        self.overlap = overlap
        self.mfu = mfu
        self.peakOperationsPerSecond = peakOperationsPerSecond
        self.memoryForecastBytes = memoryForecastBytes
        self.peakMemoryBytes = peakMemoryBytes
        self.ranks = ranks
        self.threads = threads
        self.parameters = parameters
        self.checkpoint = checkpoint
        self.bestStep = bestStep
        self.bestMaskedAccuracy = bestMaskedAccuracy
        self.evaluations = evaluations
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws {
        self = try Self.read(decoder)
        let container = try decoder.container(keyedBy: ColumnName.self)
        evaluations = try container.decode([EvaluationRecord].self, forKey: Self.evaluationsKey)
    }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws {
        try write(encoder)
        var container = encoder.container(keyedBy: ColumnName.self)
        try container.encode(evaluations, forKey: Self.evaluationsKey)
    }

    /// The JSON object with the keys in the order of docs/metrics.md.
    public var json: String {
        let list = evaluations.map { JSONValue.object($0.members) }
        let last = JSONValue.Member(key: Self.evaluationsKey.stringValue, value: .array(list))
        return JSONValue.object(members + [last]).page() + "\n"
    }

    /// Writes summary.json into a run directory atomically.
    public func write(directory: String) throws(FileError) {
        try WholeFiles.writeAtomically(Paths.join(directory, Self.name), json)
    }

    /// Reads a run directory's summary.json.
    public static func read(directory: String) throws(FileError) -> RunSummary {
        let path = Paths.join(directory, name)
        let bytes = try WholeFiles.read(path, maximumByteCount: 1 << 28)
        do {
            return try JSONDecoder().decode(RunSummary.self, from: Data(bytes))
        } catch {
            throw FileError(.badData, path, "is not a summary of a run (docs/metrics.md): \(error)")
        }
    }

    private static let evaluationsKey = ColumnName("evaluations")
}

extension RunSummary: ColumnRecord {
    static let columns: [Column<RunSummary>] = [
        .text("run", \.run),
        .text("status", \.status),
        .integer("step", \.step),
        .integer("total_steps", \.totalSteps),
        .number("loss", \.loss),
        .number("mlm_loss", \.mlmLoss),
        .number("nsp_loss", \.nspLoss),
        .integer("samples", \.samples),
        .integer("tokens", \.tokens),
        .number("wall_seconds", \.wallSeconds),
        .number("tokens_per_second", \.tokensPerSecond),
        .optional("overlap", \.overlap),
        .optional("mfu", \.mfu),
        .optional("peak_flops", \.peakOperationsPerSecond),
        .optional("memory_forecast_bytes", \.memoryForecastBytes),
        .optional("peak_memory_bytes", \.peakMemoryBytes),
        .integer("ranks", \.ranks),
        .integer("threads", \.threads),
        .integer("parameters", \.parameters),
        .text("checkpoint", \.checkpoint),
        .optional("best_step", \.bestStep),
        .optional("best_mlm_accuracy", \.bestMaskedAccuracy),
    ]

    static let blank = RunSummary(
        run: "", status: "", step: 0, totalSteps: 0, loss: 0, mlmLoss: 0, nspLoss: 0, samples: 0,
        tokens: 0, wallSeconds: 0, tokensPerSecond: 0, overlap: nil, mfu: nil,
        peakOperationsPerSecond: nil, memoryForecastBytes: nil, peakMemoryBytes: nil, ranks: 0,
        threads: 0, parameters: 0,
        checkpoint: "", bestStep: nil, bestMaskedAccuracy: nil, evaluations: [])
}

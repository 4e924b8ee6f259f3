public import DurableFiles
import FoundationEssentials

/// The end of a run in one object: summary.json.
public struct RunSummary: Codable, Sendable, Equatable {
    /// The usual name in a run directory.
    public static let name = "summary.json"

    /// The run's name.
    public var run: String
    /// "finished" or "preempted".
    public var status: String
    /// The last step done.
    public var step: Int
    /// The steps that the configuration asks for.
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
    /// Wall time of this attempt.
    public var wallSeconds: Double
    /// Mean speed of this attempt over all ranks, in training steps only.
    public var tokensPerSecond: Double
    /// Part of the time that gradients were on their way in which rank 0 went on with the backward
    /// pass, over this attempt; nil on a single rank.
    public var overlap: Double?
    /// Model operations of this attempt over what the ranks' peak would do in the same time, in
    /// training steps only.
    public var mfu: Double?
    /// The most operations a second that products can do, of all ranks: measured at the start.
    public var peakOperationsPerSecond: Double?
    /// Bytes that the banner said rank 0 would have in memory at most.
    public var memoryForecastBytes: Int?
    /// Bytes that rank 0 has had in memory at most.
    public var peakMemoryBytes: Int?
    /// MPI ranks of this attempt.
    public var ranks: Int
    /// Threads of each rank.
    public var threads: Int
    /// Numbers that are trained.
    public var parameters: Int
    /// The newest checkpoint; empty where there is none.
    public var checkpoint: String
    /// The step of the evaluation, of any attempt, that found the highest MLM accuracy; nil where
    /// nothing was evaluated. `checkpoint.keep_best` keeps its checkpoint.
    public var bestStep: Int?
    /// That accuracy.
    public var bestMaskedAccuracy: Double?
    /// All evaluations of this attempt, the last one is the final one.
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

    /// Writes summary.json into a run directory; a reader finds the old one or the new one whole.
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

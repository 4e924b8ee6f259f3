import DurableFiles
import FoundationEssentials

/// All state besides parameters and moments that a run needs to resume as if it had not stopped.
public struct TrainingState: Codable, Sendable, Equatable {
    /// Optimizer updates done over all phases.
    public var step = 0
    /// Sequences consumed since the start of the list of phases.
    public var samples = 0
    /// Tokens (without padding) consumed since the start.
    public var tokens = 0
    /// Epoch of the next batch.
    public var epoch = 0
    /// Sequences of that epoch already consumed.
    public var positionInEpoch = 0
    /// Index of the current phase.
    public var phase = 0
    /// Optimizer updates done in the current phase.
    public var phaseStep = 0
    /// Seed of all random numbers.
    public var seed: UInt64 = 0
    /// Loss scale of the next step; 1 without loss scaling.
    public var lossScale = 1.0
    /// Steps without overflow since the last overflow or growth of the scale.
    public var lossScaleCleanSteps = 0
    /// Remaining overflows before the scale falls.
    public var lossScaleHysteresisLeft = 0
    /// Overflows since the last update.
    public var overflowsInARow: Int {
        get { overflows?.inARow ?? 0 }
        set { set(\.inARow, newValue) }
    }
    /// Number of those overflows at the smallest scale.
    public var overflowsAtMinimum: Int {
        get { overflows?.atMinimum ?? 0 }
        set { set(\.atMinimum, newValue) }
    }
    /// Batches, over all phases, whose update was skipped because of an overflow.
    public var skippedSteps: Int {
        get { overflows?.skipped ?? 0 }
        set { set(\.skipped, newValue) }
    }
    /// Nil until the first overflow, as in older states, which lack it.
    private var overflows: Overflows?
    /// "adamw" or "lamb"; determines the meaning of the moments.
    public var optimizerName = ""
    /// The run's resolved configuration, YAML.
    public var resolvedConfiguration = ""
    /// Identifies the corpus, so that a resumed run cannot silently use another one.
    public var corpusFingerprint = ""
    /// `Checkpoint.digest` of the checkpoint that the user last named as the one to resume from;
    /// nil if none was. It distinguishes another attempt of the same command from another rollback.
    public var resumedFrom: String?
    /// The user's name for it: the argument of `--resume`, verbatim. Known even if the checkpoint
    /// itself is gone.
    public var resumedFromPath: String?

    /// The state before the first step.
    public init() {}

    private struct Overflows: Codable, Sendable, Equatable {
        var inARow = 0
        var atMinimum = 0
        var skipped = 0

        enum CodingKeys: String, CodingKey {
            case skipped
            case inARow = "in_a_row"
            case atMinimum = "at_minimum"
        }
    }

    private mutating func set(_ count: WritableKeyPath<Overflows, Int>, _ value: Int) {
        var changed = overflows ?? Overflows()
        changed[keyPath: count] = value
        overflows = changed == Overflows() ? nil : changed
    }

    private enum CodingKeys: String, CodingKey {
        case step, samples, tokens, epoch, phase, seed, overflows
        case positionInEpoch = "position_in_epoch"
        case phaseStep = "phase_step"
        case lossScale = "loss_scale"
        case lossScaleCleanSteps = "loss_scale_clean_steps"
        case lossScaleHysteresisLeft = "loss_scale_hysteresis_left"
        case optimizerName = "optimizer"
        case resolvedConfiguration = "configuration"
        case corpusFingerprint = "corpus_fingerprint"
        case resumedFrom = "resumed_from"
        case resumedFromPath = "resumed_from_path"
    }

    /// JSON with sorted keys.
    func json() throws -> String {
        precondition(lossScale.isFinite, "JSON has no infinite numbers")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Larger counts are impossible in practice; sums of two stay far from overflow.
    private static let maximumCount = 1 << 53

    /// Parses JSON; counts that no run can reach are rejected.
    init(json: String, path: String) throws {
        do {
            self = try JSONDecoder().decode(TrainingState.self, from: Data(json.utf8))
        } catch {
            throw CheckpointError(
                .badData, path, "has no readable training state: \(ManifestFile.explain(error))")
        }
        let counts = [
            step, samples, tokens, epoch, positionInEpoch, phase, phaseStep,
            lossScaleCleanSteps, lossScaleHysteresisLeft, overflowsInARow, overflowsAtMinimum,
            skippedSteps,
        ]
        guard counts.allSatisfy({ (0...Self.maximumCount).contains($0) }) else {
            throw CheckpointError(
                .badData, path, "has a negative or absurdly large count in its training state")
        }
        guard phaseStep <= step, lossScale > 0, overflowsAtMinimum <= overflowsInARow,
            overflowsInARow <= skippedSteps
        else {
            throw CheckpointError(.badData, path, "contradicts itself in its training state")
        }
    }
}

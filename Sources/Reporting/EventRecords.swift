/// A skipped update, whose scaled gradient was not finite.
public struct SkipRecord: Codable, Sendable, Equatable {
    /// The attempted step, which will be retried with the next batch, because skipped updates are
    /// not counted.
    public var step: Int
    /// Loss scale that overflowed.
    public var lossScale: Double
    /// Loss scale of the next attempt.
    public var nextLossScale: Double
    /// Sequences seen so far, including the skipped batch.
    public var samples: Int
    /// Consecutive skipped updates, including this one.
    public var inARow: Int
    /// Origin of the overflow; empty if not searched for.
    public var cause: String

    /// A record of the given values.
    public init(
        step: Int, lossScale: Double, nextLossScale: Double, samples: Int, inARow: Int,
        cause: String
    ) {
        self.step = step
        self.lossScale = lossScale
        self.nextLossScale = nextLossScale
        self.samples = samples
        self.inARow = inARow
        self.cause = cause
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }
}

extension SkipRecord: ColumnRecord {
    static let columns: [Column<SkipRecord>] = [
        .integer("step", \.step),
        .number("loss_scale", \.lossScale),
        .number("next_loss_scale", \.nextLossScale),
        .integer("samples", \.samples),
        .integer("in_a_row", \.inARow),
        .text("cause", \.cause),
    ]
    static let blank = SkipRecord(
        step: 0, lossScale: 0, nextLossScale: 0, samples: 0, inARow: 0, cause: "")
}

/// A checkpoint that has been published.
public struct CheckpointRecord: Codable, Sendable, Equatable {
    /// Step of its weights.
    public var step: Int
    /// Its directory.
    public var path: String
    /// Seconds to write, hash and publish it.
    public var seconds: Double
    /// Seconds that training waited for it.
    public var stalledSeconds: Double
    /// Size on disk, in bytes.
    public var bytes: Int

    /// A record of the given numbers.
    public init(step: Int, path: String, seconds: Double, stalledSeconds: Double, bytes: Int) {
        self.step = step
        self.path = path
        self.seconds = seconds
        self.stalledSeconds = stalledSeconds
        self.bytes = bytes
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }
}

extension CheckpointRecord: ColumnRecord {
    static let columns: [Column<CheckpointRecord>] = [
        .integer("step", \.step),
        .text("path", \.path),
        .number("seconds", \.seconds),
        .number("stalled_seconds", \.stalledSeconds),
        .integer("bytes", \.bytes),
    ]
    static let blank = CheckpointRecord(
        step: 0, path: "", seconds: 0, stalledSeconds: 0, bytes: 0)
}

/// Resumption of training from a checkpoint.
public struct ResumeRecord: Codable, Sendable, Equatable {
    /// Step of the checkpoint; the next update is `step + 1`.
    public var step: Int
    /// The checkpoint's directory.
    public var path: String
    /// Sequences seen at that step.
    public var samples: Int

    /// A record of the given numbers.
    public init(step: Int, path: String, samples: Int) {
        self.step = step
        self.path = path
        self.samples = samples
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }
}

extension ResumeRecord: ColumnRecord {
    static let columns: [Column<ResumeRecord>] = [
        .integer("step", \.step),
        .text("path", \.path),
        .integer("samples", \.samples),
    ]
    static let blank = ResumeRecord(step: 0, path: "", samples: 0)
}

/// An early stop: the run was asked to stop, and stopped after a checkpoint.
public struct PreemptRecord: Codable, Sendable, Equatable {
    /// Last step done.
    public var step: Int
    /// Origin of the request: "SIGTERM", "SIGUSR1", "time limit".
    public var reason: String

    /// A record of the given values.
    public init(step: Int, reason: String) {
        self.step = step
        self.reason = reason
    }

    /// Reads the keys of docs/metrics.md.
    public init(from decoder: any Decoder) throws { self = try Self.read(decoder) }

    /// Writes the keys of docs/metrics.md.
    public func encode(to encoder: any Encoder) throws { try write(encoder) }
}

extension PreemptRecord: ColumnRecord {
    static let columns: [Column<PreemptRecord>] = [
        .integer("step", \.step),
        .text("reason", \.reason),
    ]
    static let blank = PreemptRecord(step: 0, reason: "")
}

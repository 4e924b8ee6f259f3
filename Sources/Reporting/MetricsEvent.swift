import FoundationEssentials

/// One line of metrics.jsonl.
public enum MetricsEvent: Sendable, Equatable {
    /// An optimizer update.
    case step(StepRecord)
    /// An evaluation on held-out samples.
    case evaluation(EvaluationRecord)
    /// A skipped update because of an overflow.
    case skip(SkipRecord)
    /// A published checkpoint.
    case checkpoint(CheckpointRecord)
    /// A resumption from a checkpoint.
    case resume(ResumeRecord)
    /// An early stop on request.
    case preempt(PreemptRecord)

    /// Value of the key `event`.
    public var name: String {
        switch self {
        case .step: "step"
        case .evaluation: "evaluation"
        case .skip: "skip"
        case .checkpoint: "checkpoint"
        case .resume: "resume"
        case .preempt: "preempt"
        }
    }

    /// Step of the event.
    public var step: Int {
        switch self {
        case .step(let record): record.step
        case .evaluation(let record): record.step
        case .skip(let record): record.step
        case .checkpoint(let record): record.step
        case .resume(let record): record.step
        case .preempt(let record): record.step
        }
    }

    /// The JSON object without line terminator: `event` first, `step` second.
    public var line: String {
        let event = JSONValue.Member(key: "event", value: .text(name))
        return JSONValue.object([event] + members).line
    }

    private var members: [JSONValue.Member] {
        switch self {
        case .step(let record): record.members
        case .evaluation(let record): record.members
        case .skip(let record): record.members
        case .checkpoint(let record): record.members
        case .resume(let record): record.members
        case .preempt(let record): record.members
        }
    }

    /// Parses a line; nil if its `event` is none of these.
    init?(line: some Collection<UInt8>) throws {
        let decoder = JSONDecoder()
        let data = Data(line)
        switch try decoder.decode(Head.self, from: data).event {
        case "step": self = .step(try decoder.decode(StepRecord.self, from: data))
        case "evaluation":
            self = .evaluation(try decoder.decode(EvaluationRecord.self, from: data))
        case "skip": self = .skip(try decoder.decode(SkipRecord.self, from: data))
        case "checkpoint":
            self = .checkpoint(try decoder.decode(CheckpointRecord.self, from: data))
        case "resume": self = .resume(try decoder.decode(ResumeRecord.self, from: data))
        case "preempt": self = .preempt(try decoder.decode(PreemptRecord.self, from: data))
        default: return nil
        }
    }

    private struct Head: Decodable {
        var event: String?
    }
}

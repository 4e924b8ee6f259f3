import FineTuning
import FoundationEssentials

/// A message from the leader of a group to the coordinator.
enum Message: Codable {
    /// The group has no trial; `stopping` if one of its ranks was asked to stop.
    case idle(stopping: Bool)
    /// The group is working; sent periodically if there is no other message.
    case alive
    /// Notes for the user on the data of its trial.
    case notes([String])
    /// A problem that does not end the trial.
    case warning(String)
    /// Progress of its trial.
    case progress(fraction: Double, loss: Double?, score: Double?)
    /// The state of its trial was saved, so that another attempt would resume there.
    case kept
    /// Its trial has finished; asks whether to keep the model.
    case scored(TrialPlan.Outcome)
    /// The trial is over, and its model is written if it was to be kept.
    case finished(TrialPlan.Outcome, kept: Bool)
    /// The trial failed, with an exit status.
    case failed(String, status: Int32)
    /// The trial was interrupted because a rank was asked to stop.
    case stopped

    /// Whether the leader waits for a reply.
    var wantsReply: Bool {
        switch self {
        case .idle, .scored: true
        case .alive, .notes, .warning, .progress, .kept, .finished, .failed, .stopped: false
        }
    }

    /// `text` truncated to about 2000 bytes, so that a message fits into MPI's eager limit and no
    /// rank waits for another to receive it.
    static func short(_ text: String) -> String {
        guard text.utf8.count > 2000 else { return text }
        return String(decoding: text.utf8.prefix(2000), as: UTF8.self) + " ..."
    }
}

/// A reply of the coordinator.
enum Reply: Codable, Equatable {
    /// Run the trial at this index of the plan.
    case run(Int)
    /// Ask again soon, because running trials may have to be retried.
    case wait
    /// No work is left; `stopSent` if the message that the job stops is also in flight.
    case leave(stopSent: Bool)
    /// Whether to keep the model.
    case keep(Bool)
}

/// Encoding of messages as bytes.
enum Wire {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return Array(try encoder.encode(value))
    }

    static func decode<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return try decoder.decode(Value.self, from: Data(bytes))
    }
}

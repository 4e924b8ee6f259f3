import FineTuning
import FoundationEssentials

/// What the leader of a group tells the coordinator.
enum Message: Codable {
    /// It has no trial; `stopping`: a rank of it was told to stop.
    case idle(stopping: Bool)
    /// How far its trial is.
    case progress(fraction: Double, loss: Double?, score: Double?)
    /// Its trial is at its end; wants to know whether to keep the model.
    case scored(TrialPlan.Outcome)
    /// The trial is over, and its model is written if it was to be kept.
    case finished(TrialPlan.Outcome, kept: Bool)
    /// The trial failed; the exit status that fits.
    case failed(String, status: Int32)
    /// The trial's state is kept: a rank was told to stop.
    case stopped

    /// Whether the leader waits for a reply.
    var wantsReply: Bool {
        switch self {
        case .idle, .scored: true
        case .progress, .finished, .failed, .stopped: false
        }
    }
}

/// What the coordinator answers.
enum Reply: Codable, Equatable {
    /// Work on the trial of this place in the plan.
    case run(Int)
    /// Ask again soon: trials that run may have to be run again.
    case wait
    /// There is nothing more to do; `stopSent`: the message that the job stops is under way, too.
    case leave(stopSent: Bool)
    /// Whether the model is to be kept.
    case keep(Bool)
}

/// Messages as bytes.
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

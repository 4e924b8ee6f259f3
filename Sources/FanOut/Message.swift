import FineTuning
import FoundationEssentials

/// What the leader of a group tells the coordinator.
enum Message: Codable {
    /// It has no trial; `stopping`: a rank of it was told to stop.
    case idle(stopping: Bool)
    /// It works: sent now and then where it has nothing else to say.
    case alive
    /// What a person should know of the data of its trial.
    case notes([String])
    /// Something went wrong that does not end the trial.
    case warning(String)
    /// How far its trial is.
    case progress(fraction: Double, loss: Double?, score: Double?)
    /// The state of its trial was kept: another attempt would begin here.
    case kept
    /// Its trial is at its end; wants to know whether to keep the model.
    case scored(TrialPlan.Outcome)
    /// The trial is over, and its model is written if it was to be kept.
    case finished(TrialPlan.Outcome, kept: Bool)
    /// The trial failed; the exit status that fits.
    case failed(String, status: Int32)
    /// The trial is broken off: a rank was told to stop.
    case stopped

    /// Whether the leader waits for a reply.
    var wantsReply: Bool {
        switch self {
        case .idle, .scored: true
        case .alive, .notes, .warning, .progress, .kept, .finished, .failed, .stopped: false
        }
    }

    /// `text` cut to some 2000 bytes. A message should fit into what MPI sends at once, so that no
    /// rank waits for another to take it.
    static func short(_ text: String) -> String {
        guard text.utf8.count > 2000 else { return text }
        return String(decoding: text.utf8.prefix(2000), as: UTF8.self) + " ..."
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

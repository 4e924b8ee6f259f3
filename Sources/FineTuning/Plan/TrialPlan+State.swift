internal import FoundationEssentials

/// Writing a plan down and taking it up again.
extension TrialPlan {
    /// What is kept of a trial.
    private struct Record: Codable {
        var failures: Int
        var lastError: String?
        var failed: Bool
        var outcome: Outcome?
    }

    private struct State: Codable {
        var version = 1
        var trials: [String: Record] = [:]
    }

    /// The most bytes of a state.
    public static let maximumStateBytes = 1 << 28

    /// The state as JSON, trials by key. Trials that run are written as waiting: whoever reads this
    /// later knows no groups.
    public func state() -> [UInt8] {
        var state = State()
        for entry in entries {
            var record = Record(failures: entry.failures, lastError: entry.lastError, failed: false)
            switch entry.status {
            case .waiting, .running: if entry.failures == 0 { continue }
            case .done(let outcome): record.outcome = outcome
            case .failed: record.failed = true
            }
            state.trials[entry.trial.key] = record
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(state) else {
            preconditionFailure("a state holds nothing that JSON cannot")
        }
        return Array(data)
    }

    /// Takes up a state. Trials it does not know wait; results of trials that are no longer listed
    /// are left out, so that a configuration may grow and shrink. A trial that failed waits again
    /// where `retries` has been raised above its failures.
    ///
    /// - Returns: the keys of the state that are not listed, sorted.
    /// - Throws: `TaskDataError` where it is no state.
    public mutating func restore(
        _ bytes: [UInt8], path: String
    ) throws(TaskDataError) -> [String] {
        guard bytes.count <= Self.maximumStateBytes else {
            throw TaskDataError(path, "has \(bytes.count) bytes; this is no fan-out's state")
        }
        let state: State
        do {
            state = try JSONDecoder().decode(State.self, from: Data(bytes))
        } catch {
            throw TaskDataError(
                path,
                "is not the state of a fan-out (\(Self.reason(error))); delete it to start anew")
        }
        guard state.version == 1 else {
            throw TaskDataError(path, "has version \(state.version); this program knows 1")
        }
        var entries = entries
        var unknown: [String] = []
        for (key, record) in state.trials {
            guard let index = index(of: key) else {
                unknown.append(key)
                continue
            }
            guard record.failures >= 0 else {
                throw TaskDataError(path, "\(visible(key)) failed \(record.failures) times")
            }
            entries[index].failures = record.failures
            entries[index].lastError = record.lastError
            if let outcome = record.outcome {
                entries[index].status = .done(outcome)
            } else if record.failed, record.failures > retries {
                entries[index].status = .failed(record.lastError ?? "unknown error")
            } else {
                entries[index].status = .waiting
            }
        }
        self.entries = entries
        return unknown.sorted()
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.map { visible($0.stringValue) }.joined(separator: ".")
        default: "not JSON"
        }
    }
}

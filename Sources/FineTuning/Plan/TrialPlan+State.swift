import ExitCoding
internal import FoundationEssentials

/// Saving and restoring a plan.
extension TrialPlan {
    /// Saved state of a trial that was dealt.
    struct Record: Codable, Equatable {
        var failures: Int
        var lastError: String?
        var failed: Bool
        /// Exit status of the last failure.
        var exitStatus: Int32?
        var outcome: Outcome?
        var crashes: Int?
        /// Dealt and not yet returned.
        var running: Bool?
        /// Returned unfinished since its last failure, so there may be a state to resume from.
        var interrupted: Bool?

        /// Whether it represents work done with the settings of its time.
        var isBound: Bool { outcome != nil || running == true || interrupted == true }
    }

    /// Saved state of trials that are not listed.
    struct Unlisted: Equatable {
        var records: [String: Record] = [:]
        var settings = TrialSettings()
    }

    private struct State: Codable {
        var version = 1
        var trials: [String: Record] = [:]
        var settings: TrialSettings?
        var notes: [String: [String]]?
    }

    /// Maximum size of a state, in bytes.
    public static let maximumStateBytes = 1 << 28

    /// The state as JSON, trials by key, including trials that are not listed. A running trial is
    /// marked, so that a reader of the state knows that the job ended abnormally.
    public func state() -> [UInt8] {
        var state = State()
        state.trials = unlisted.records
        for entry in entries where entry.wasDealt {
            var record = Record(failures: entry.failures, lastError: entry.lastError, failed: false)
            record.exitStatus = entry.exitStatus
            if entry.crashes > 0 { record.crashes = entry.crashes }
            if entry.wasInterrupted { record.interrupted = true }
            switch entry.status {
            case .waiting: break
            case .running: record.running = true
            case .done(let outcome): record.outcome = outcome
            case .failed: record.failed = true
            }
            state.trials[entry.trial.key] = record
        }
        state.settings = settingsInUse(state.trials.keys)
        state.notes = notes
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(state) else {
            preconditionFailure("a state holds nothing that JSON cannot")
        }
        return Array(data)
    }

    /// The settings of the tasks and models of the given trials; other settings are not bound yet.
    private func settingsInUse(_ keys: some Sequence<String>) -> TrialSettings {
        var used = unlisted.settings
        let names = keys.compactMap(TrialNames.init)
        let tasks = Set(names.map(\.task))
        let checkpoints = Set(names.map(\.checkpoint))
        used.tasks.merge(settings.tasks.filter { tasks.contains($0.key) }) { $1 }
        used.checkpoints.merge(
            settings.checkpoints.filter { checkpoints.contains($0.key) }
        ) { $1 }
        return used
    }

    /// Components of a trial's key.
    private struct TrialNames {
        let task: String
        let checkpoint: String

        init?(_ key: String) {
            let parts = key.split(separator: "/")
            guard parts.count == 3 else { return nil }
            task = String(parts[0])
            checkpoint = String(parts[1])
        }
    }

    /// Restores a state. Trials it does not contain are waiting. Results of trials that are no
    /// longer listed are kept, so that a configuration may shrink and grow again. A failed trial is
    /// retried if `retries` now exceeds its failures, or if the settings it failed with have
    /// changed. A trial that was running when the state was written has crashed.
    ///
    /// - Returns: the keys in the state that are not listed, sorted.
    /// - Throws: `TaskDataError` if the state is invalid, or (status 78) if its trials were made
    ///   with other settings.
    public mutating func restore(
        _ bytes: [UInt8], path: String
    ) throws(TaskDataError) -> [String] {
        let state = try Self.decode(bytes, path)
        let changed = try changedNames(state, path)
        var entries = entries
        var unlisted = Unlisted()
        unlisted.settings.tasks = (state.settings?.tasks ?? [:]).filter {
            settings.tasks[$0.key] == nil
        }
        unlisted.settings.checkpoints = (state.settings?.checkpoints ?? [:]).filter {
            settings.checkpoints[$0.key] == nil
        }
        for (key, record) in state.trials {
            if let names = TrialNames(key),
                changed.tasks.contains(names.task) || changed.checkpoints.contains(names.checkpoint)
            {
                continue
            }
            guard record.failures >= 0, record.crashes ?? 0 >= 0 else {
                throw TaskDataError(path, "\(visible(key)) failed \(record.failures) times")
            }
            guard let index = index(of: key) else {
                unlisted.records[key] = record
                continue
            }
            take(record, into: &entries[index])
        }
        self.entries = entries
        self.unlisted = unlisted
        notes = (state.notes ?? [:]).filter { !changed.tasks.contains($0.key) }
        return unlisted.records.keys.sorted()
    }

    private func take(_ record: Record, into entry: inout Entry) {
        entry.wasDealt = true
        entry.failures = record.failures
        entry.lastError = record.lastError
        // A crafted status must not pass for success.
        entry.exitStatus = record.exitStatus.flatMap { (1...255).contains($0) ? $0 : nil }
        entry.wasInterrupted = record.interrupted == true || record.running == true
        // A crafted count must not overflow.
        entry.crashes = min(record.crashes ?? 0, 1 << 20)
        if record.running == true { entry.crashes += 1 }
        let isLost = entry.crashes >= crashLimit
        if isLost, record.running == true {
            entry.lastError =
                "the job ended \(entry.crashes) times while this trial ran, without a word: did it "
                + "take all memory, or its host fail?"
        }
        if let outcome = record.outcome {
            entry.status = .done(outcome)
        } else if isLost || record.failed && record.failures > retries {
            entry.status = .failed(entry.lastError ?? "unknown error")
        } else {
            entry.status = .waiting
        }
    }

    private static func decode(
        _ bytes: [UInt8], _ path: String
    ) throws(TaskDataError) -> State {
        guard bytes.count <= Self.maximumStateBytes else {
            throw TaskDataError(path, "has \(bytes.count) bytes; this is no fan-out's state")
        }
        let state: State
        do {
            state = try JSONDecoder().decode(State.self, from: Data(bytes))
        } catch {
            throw TaskDataError(
                path,
                "is not the state of a fan-out (\(Self.reason(error))); choose another directory to "
                    + "start anew")
        }
        guard state.version == 1 else {
            throw TaskDataError(path, "has version \(state.version); this program knows 1")
        }
        return state
    }

    /// Tasks and models whose settings have changed and that have only failures.
    ///
    /// Results of different settings are not comparable, and an interrupted trial cannot change its
    /// settings midway.
    private func changedNames(
        _ state: State, _ path: String
    ) throws(TaskDataError) -> (tasks: Set<String>, checkpoints: Set<String>) {
        let bound = state.trials.filter(\.value.isBound).keys.compactMap(TrialNames.init)
        let before = state.settings ?? TrialSettings()
        return (
            try changed(
                "task", before.tasks, settings.tasks, bound: Set(bound.map(\.task)), path),
            try changed(
                "model", before.checkpoints, settings.checkpoints,
                bound: Set(bound.map(\.checkpoint)), path)
        )
    }

    private func changed(
        _ kind: String, _ before: [String: [String: String]], _ now: [String: [String: String]],
        bound: Set<String>, _ path: String
    ) throws(TaskDataError) -> Set<String> {
        var changed: Set<String> = []
        for name in now.keys.sorted() {
            guard let old = before[name], let new = now[name],
                let difference = TrialSettings.difference(old, new)
            else { continue }
            guard !bound.contains(name) else {
                throw TaskDataError(
                    path,
                    "\(kind) \(visible(name)) has trials of other settings: \(difference). Put that "
                        + "back, or give the \(kind) another name, or choose another directory",
                    exitCode: ExitStatus.configuration)
            }
            changed.insert(name)
        }
        return changed
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

/// State of a fan-out's trials: waiting, running, done or failed. It is a value: the coordinator
/// asks it for the next trial and reports each result to it. It is saved as JSON after each change,
/// so that an interrupted fan-out resumes where it stopped.
public struct TrialPlan: Equatable, Sendable {
    /// Result of a finished trial.
    public struct Outcome: Equatable, Sendable, Codable {
        /// Scores of its best evaluation.
        public let scores: TaskScores
        /// Duration of the successful attempt in seconds, over all its parts; failed attempts do
        /// not count.
        public let seconds: Double
        /// Index of the best evaluation, from 0.
        public let bestEvaluation: Int
        /// Number of evaluations; fewer than planned if the trial stopped early.
        public let evaluations: Int

        /// Makes an outcome.
        ///
        /// - Precondition: `seconds` is finite.
        public init(scores: TaskScores, seconds: Double, bestEvaluation: Int, evaluations: Int) {
            precondition(seconds.isFinite, "a trial takes finite time")
            self.scores = scores
            self.seconds = seconds
            self.bestEvaluation = bestEvaluation
            self.evaluations = evaluations
        }
    }

    /// Status of a trial.
    public enum Status: Equatable, Sendable {
        /// Not dealt, or waiting for a retry.
        case waiting
        /// In progress on a group of ranks.
        case running(group: Int)
        /// Finished.
        case done(Outcome)
        /// Failed permanently, after all retries; the payload is the last error.
        case failed(String)

        var isFailed: Bool { if case .failed = self { true } else { false } }
    }

    /// A trial and its status.
    public struct Entry: Equatable, Sendable {
        /// The trial.
        public let trial: Trial
        /// Expected duration, in any unit common to all trials.
        public let cost: Double
        /// Current status.
        public var status = Status.waiting
        /// Number of failures.
        public var failures = 0
        /// Number of consecutive jobs that ended abnormally while it ran and made no progress.
        public var crashes = 0
        /// The error of the last failure.
        public var lastError: String?
        /// Exit status of the last failure.
        public var exitStatus: Int32?
        /// Whether it returned unfinished since its last failure.
        var wasInterrupted = false
        /// Whether it was ever dealt.
        var wasDealt = false
    }

    /// All trials, in the order of the configuration.
    public internal(set) var entries: [Entry]
    /// Retries of a failed trial.
    public let retries: Int
    /// Settings shared by all results of this plan, past and future.
    public let settings: TrialSettings
    /// Notes for the user on the data of each task, by task name.
    public internal(set) var notes: [String: [String]] = [:]
    /// State of trials that the configuration does not list (any longer); kept in case it lists
    /// them again.
    var unlisted = Unlisted()
    private let indices: [String: Int]
    /// Index of the running trial of each group.
    private var runningIndices: [Int: Int] = [:]

    /// Makes a plan in which all trials are waiting.
    ///
    /// - Parameters:
    ///   - trials: with distinct keys.
    ///   - settings: determine the trials' outcomes in addition to their keys.
    ///   - cost: expected duration of a trial, such as its tokens times its epochs; anything other
    ///     than a number above 0 counts as 0.
    public init(
        _ trials: [Trial], retries: Int, settings: TrialSettings = TrialSettings(),
        cost: (Trial) -> Double
    ) {
        precondition(retries >= 0, "retries cannot be negative")
        entries = trials.map {
            let cost = cost($0)
            return Entry(trial: $0, cost: cost.isFinite && cost > 0 ? cost : 0)
        }
        indices = Dictionary(uniqueKeysWithValues: zip(trials.map(\.key), trials.indices))
        self.retries = retries
        self.settings = settings
    }

    /// Number of jobs that may end abnormally while a trial runs before the trial is considered the
    /// cause and fails.
    ///
    /// Higher than the limit of failures, because a node that dies takes unrelated trials with it.
    public var crashLimit: Int { retries + 2 }

    /// Deals the next trial to a group: the longest waiting (ties in the order of the
    /// configuration), so that no long trial is left to the end (Graham, 1969: at most 4/3 of the
    /// best schedule).
    ///
    /// Trials that ran when a job ended abnormally come after all others, because one of them may
    /// have ended it, for example by exhausting memory. From the second time on they run alone, so
    /// that the cause takes no other trial with it.
    ///
    /// - Returns: nil if none is waiting, or none may be dealt now.
    public mutating func next(group: Int) -> Trial? {
        precondition(runningIndices[group] == nil, "the group still has a trial")
        let entries = entries
        if runningIndices.values.contains(where: { entries[$0].crashes > 1 }) { return nil }
        func isBefore(_ a: Int, _ b: Int) -> Bool {
            let (x, y) = (entries[a], entries[b])
            if x.crashes != y.crashes { return x.crashes < y.crashes }
            return x.cost != y.cost ? x.cost > y.cost : a < b
        }
        let waiting = entries.indices.lazy.filter { entries[$0].status == .waiting }
        guard let index = waiting.min(by: isBefore),
            entries[index].crashes <= 1 || runningIndices.isEmpty
        else { return nil }
        self.entries[index].status = .running(group: group)
        self.entries[index].wasDealt = true
        runningIndices[group] = index
        return entries[index].trial
    }

    /// The trial that a group is running.
    public func trial(of group: Int) -> Trial? {
        runningIndices[group].map { entries[$0].trial }
    }

    /// Records the result of a running trial.
    public mutating func finish(_ trial: Trial, _ outcome: Outcome) {
        entries[stop(trial)].status = .done(outcome)
    }

    /// Records the failure of a running trial, with its error and exit status.
    ///
    /// - Returns: whether it will be retried.
    public mutating func fail(
        _ trial: Trial, _ message: String, exitStatus: Int32? = nil
    ) -> Bool {
        let index = stop(trial)
        entries[index].failures += 1
        entries[index].lastError = message
        entries[index].exitStatus = exitStatus
        let again = entries[index].failures <= retries
        entries[index].status = again ? .waiting : .failed(message)
        return again
    }

    /// Returns the trial of a group to waiting without counting a failure, because its ranks were
    /// preempted.
    public mutating func release(group: Int) {
        guard let index = runningIndices.removeValue(forKey: group) else { return }
        entries[index].status = .waiting
        entries[index].crashes = 0
        entries[index].wasInterrupted = true
    }

    /// Records that the trial of a group has made new progress, from which it will resume.
    ///
    /// - Returns: whether that changes the state.
    public mutating func advance(group: Int) -> Bool {
        guard let index = runningIndices[group], entries[index].crashes > 0 else { return false }
        entries[index].crashes = 0
        return true
    }

    /// Adds notes for the user on a task's data.
    ///
    /// - Returns: whether any of them is new.
    public mutating func note(_ notes: [String], task: String) -> Bool {
        guard !notes.isEmpty, self.notes[task] != notes else { return false }
        self.notes[task] = notes
        return true
    }

    /// Outcomes of a task's trials that the configuration no longer lists.
    public func unlistedOutcomes(task: String) -> [Outcome] {
        unlisted.records.filter { $0.key.hasPrefix(task + "/") }.compactMap(\.value.outcome)
    }

    /// Exit status of the first trial, in the order of the configuration, that failed permanently;
    /// 65 if its failure had none; nil if none failed.
    public var failureStatus: Int32? {
        for entry in entries {
            if case .failed = entry.status { return entry.exitStatus ?? 65 }
        }
        return nil
    }

    /// Whether no trial is waiting or running.
    public var isComplete: Bool {
        entries.allSatisfy {
            switch $0.status {
            case .waiting, .running: false
            case .done, .failed: true
            }
        }
    }

    /// Marks a running trial as no longer running and returns its index.
    private mutating func stop(_ trial: Trial) -> Int {
        guard let index = indices[trial.key], case .running(let group) = entries[index].status
        else { preconditionFailure("the trial does not run") }
        runningIndices[group] = nil
        entries[index].crashes = 0
        entries[index].wasInterrupted = false
        return index
    }

    /// Index of a trial; nil if no trial has that key.
    func index(of key: String) -> Int? { indices[key] }
}

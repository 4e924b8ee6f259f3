/// Which trials of a fan-out wait, run, are done or have failed. A value: the coordinator asks it
/// what to do next and tells it what came of it, and it is written down as JSON after each change, so
/// that a fan-out that was interrupted goes on where it was.
public struct TrialPlan: Equatable, Sendable {
    /// What a trial came to.
    public struct Outcome: Equatable, Sendable, Codable {
        /// The scores of its best evaluation.
        public let scores: TaskScores
        /// Seconds of work of the attempt that led to it, over all its parts; attempts that failed
        /// do not count.
        public let seconds: Double
        /// The evaluation they are of, from 0.
        public let bestEvaluation: Int
        /// Evaluations that there were; fewer than planned where it stopped early.
        public let evaluations: Int

        /// A result.
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

    /// Where a trial stands.
    public enum Status: Equatable, Sendable {
        /// It has not been dealt, or not yet again.
        case waiting
        /// A group of ranks works on it.
        case running(group: Int)
        /// It is finished.
        case done(Outcome)
        /// It failed as often as it may; the last error.
        case failed(String)

        var isFailed: Bool { if case .failed = self { true } else { false } }
    }

    /// A trial and where it stands.
    public struct Entry: Equatable, Sendable {
        /// The trial.
        public let trial: Trial
        /// How long it is expected to take, in any unit that is the same for all.
        public let cost: Double
        /// Where it stands.
        public var status = Status.waiting
        /// How often it failed.
        public var failures = 0
        /// How often in a row the job ended while it ran, without a word and without progress.
        public var crashes = 0
        /// The error of the last failure.
        public var lastError: String?
        /// The exit status of the last failure.
        public var exitStatus: Int32?
        /// Whether it came back unfinished since it last failed.
        var wasInterrupted = false
        /// Whether it was ever dealt.
        var wasDealt = false
    }

    /// All trials, in the order of the configuration.
    public internal(set) var entries: [Entry]
    /// How often a trial that failed is tried again.
    public let retries: Int
    /// What all results of this plan were, and are to be, made with.
    public let settings: TrialSettings
    /// What a person should know of the data of each task, by its name.
    public internal(set) var notes: [String: [String]] = [:]
    /// What is known of trials that the configuration does not list, or no longer; it is kept, in
    /// case that it lists them again.
    var unlisted = Unlisted()
    private let indices: [String: Int]
    /// The place of the trial of each group that has one.
    private var runningIndices: [Int: Int] = [:]

    /// All trials wait.
    ///
    /// - Parameters:
    ///   - trials: each key once.
    ///   - settings: what decides the trials besides their keys.
    ///   - cost: how long a trial is expected to take, such as its tokens times its epochs; what is
    ///     not a number above 0 counts as 0.
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

    /// Jobs that may end while a trial runs before it is taken for the cause, and failed.
    ///
    /// More than failures: a node that dies takes innocent trials with it.
    public var crashLimit: Int { retries + 2 }

    /// Deals the next trial to a group: the longest that waits (ties in the order of the
    /// configuration), so that no long one is left to the end (Graham, 1969: at most 4/3 of the
    /// best schedule).
    ///
    /// Trials that ran when a job ended without a word come after all others: one of them may have
    /// ended it, by taking all memory say. From the second time on they run alone, so that the cause
    /// takes no other trial with it.
    ///
    /// - Returns: nil where none waits, or none may be dealt now.
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

    /// The trial a group works on.
    public func trial(of group: Int) -> Trial? {
        runningIndices[group].map { entries[$0].trial }
    }

    /// Takes the result of a trial that ran.
    public mutating func finish(_ trial: Trial, _ outcome: Outcome) {
        entries[stop(trial)].status = .done(outcome)
    }

    /// Takes the error of a trial that ran, and the exit status that it stands for.
    ///
    /// - Returns: whether it will be tried again.
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

    /// Lets the trial of a group wait again, without counting it as failed: its ranks were preempted.
    public mutating func release(group: Int) {
        guard let index = runningIndices.removeValue(forKey: group) else { return }
        entries[index].status = .waiting
        entries[index].crashes = 0
        entries[index].wasInterrupted = true
    }

    /// Notes that the trial of a group has come further than ever, and will go on from there.
    ///
    /// - Returns: whether that changes anything.
    public mutating func advance(group: Int) -> Bool {
        guard let index = runningIndices[group], entries[index].crashes > 0 else { return false }
        entries[index].crashes = 0
        return true
    }

    /// Notes what a person should know of a task's data.
    ///
    /// - Returns: whether it was not known yet.
    public mutating func note(_ notes: [String], task: String) -> Bool {
        guard !notes.isEmpty, self.notes[task] != notes else { return false }
        self.notes[task] = notes
        return true
    }

    /// What trials of a task came to that the configuration no longer lists.
    public func unlistedOutcomes(task: String) -> [Outcome] {
        unlisted.records.filter { $0.key.hasPrefix(task + "/") }.compactMap(\.value.outcome)
    }

    /// The exit status of the first trial, in the order of the configuration, that failed for good: 65
    /// where its failure had none; nil where none failed.
    public var failureStatus: Int32? {
        for entry in entries {
            if case .failed = entry.status { return entry.exitStatus ?? 65 }
        }
        return nil
    }

    /// Whether nothing waits or runs.
    public var isComplete: Bool {
        entries.allSatisfy {
            switch $0.status {
            case .waiting, .running: false
            case .done, .failed: true
            }
        }
    }

    /// The place of a trial that runs, which it no longer does.
    private mutating func stop(_ trial: Trial) -> Int {
        guard let index = indices[trial.key], case .running(let group) = entries[index].status
        else { preconditionFailure("the trial does not run") }
        runningIndices[group] = nil
        entries[index].crashes = 0
        entries[index].wasInterrupted = false
        return index
    }

    /// The place of a trial; nil where there is none of that key.
    func index(of key: String) -> Int? { indices[key] }
}

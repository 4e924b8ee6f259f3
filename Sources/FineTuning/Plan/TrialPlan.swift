/// Which trials of a fan-out wait, run, are done or have failed. A value: the coordinator asks it
/// what to do next and tells it what came of it, and it is written down as JSON after each change, so
/// that a fan-out that was interrupted goes on where it was.
public struct TrialPlan: Equatable, Sendable {
    /// What a trial came to.
    public struct Outcome: Equatable, Sendable, Codable {
        /// The scores of its best evaluation.
        public let scores: TaskScores
        /// Seconds of all attempts that led to it.
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
        /// The error of the last failure.
        public var lastError: String?
    }

    /// All trials, in the order of the configuration.
    public internal(set) var entries: [Entry]
    /// How often a trial that failed is tried again.
    public let retries: Int
    private let indices: [String: Int]

    /// All trials wait.
    ///
    /// - Parameters:
    ///   - trials: each key once.
    ///   - cost: how long a trial is expected to take, such as its tokens times its epochs; what is
    ///     not a number above 0 counts as 0.
    public init(_ trials: [Trial], retries: Int, cost: (Trial) -> Double) {
        precondition(retries >= 0, "retries cannot be negative")
        entries = trials.map {
            let cost = cost($0)
            return Entry(trial: $0, cost: cost.isFinite && cost > 0 ? cost : 0)
        }
        indices = Dictionary(uniqueKeysWithValues: zip(trials.map(\.key), trials.indices))
        self.retries = retries
    }

    /// Deals the next trial to a group: the longest that waits (ties in the order of the
    /// configuration), so that no long one is left to the end (Graham, 1969: at most 4/3 of the
    /// best schedule).
    ///
    /// - Returns: nil where none waits.
    public mutating func next(group: Int) -> Trial? {
        precondition(trial(of: group) == nil, "the group still has a trial")
        let waiting = entries.indices.filter { entries[$0].status == .waiting }
        guard
            let index = waiting.max(by: { a, b in
                let (x, y) = (entries[a].cost, entries[b].cost)
                return x != y ? x < y : a > b
            })
        else { return nil }
        entries[index].status = .running(group: group)
        return entries[index].trial
    }

    /// The trial a group works on.
    public func trial(of group: Int) -> Trial? {
        entries.first { $0.status == .running(group: group) }?.trial
    }

    /// Takes the result of a trial that ran.
    public mutating func finish(_ trial: Trial, _ outcome: Outcome) {
        entries[running(trial)].status = .done(outcome)
    }

    /// Takes the error of a trial that ran.
    ///
    /// - Returns: whether it will be tried again.
    public mutating func fail(_ trial: Trial, _ message: String) -> Bool {
        let index = running(trial)
        entries[index].failures += 1
        entries[index].lastError = message
        let again = entries[index].failures <= retries
        entries[index].status = again ? .waiting : .failed(message)
        return again
    }

    /// Lets the trial of a group wait again, without counting it as failed: its ranks were preempted.
    public mutating func release(group: Int) {
        for index in entries.indices where entries[index].status == .running(group: group) {
            entries[index].status = .waiting
        }
    }

    /// Lets all running trials wait: the whole job was preempted.
    public mutating func releaseAll() {
        for index in entries.indices {
            if case .running = entries[index].status { entries[index].status = .waiting }
        }
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

    private func running(_ trial: Trial) -> Int {
        guard let index = indices[trial.key], case .running = entries[index].status else {
            preconditionFailure("the trial does not run")
        }
        return index
    }

    /// The place of a trial; nil where there is none of that key.
    func index(of key: String) -> Int? { indices[key] }
}

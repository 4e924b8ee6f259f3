import DurableFiles
import FineTuning
import Reporting

/// Deals trials to groups of ranks, and keeps the plan, the results and the best models. On rank 0.
final class Coordinator {
    private(set) var plan: TrialPlan
    /// Groups that were told to leave.
    private(set) var left: Set<Int> = []
    /// Whether a rank was told to stop: no more trials are dealt.
    private(set) var isStopping = false
    /// The exit status of the first trial that failed for good.
    private(set) var failureStatus: Int32?

    private let configuration: FineTuningConfiguration
    private let directory: String
    private let view: FanOutView
    private var running: [Int: FanOutView.Running] = [:]

    /// Takes up the plan of the directory, if there is one.
    init(
        _ configuration: FineTuningConfiguration, directory: String, view: FanOutView,
        cost: (Trial) -> Double
    ) throws {
        self.configuration = configuration
        self.directory = directory
        self.view = view
        plan = TrialPlan(configuration.trials, retries: configuration.retries, cost: cost)
        let path = Paths.join(directory, "plan.json")
        if Paths.exists(path) {
            let bytes = try WholeFiles.read(path, maximumByteCount: TrialPlan.maximumStateBytes)
            let unknown = try plan.restore(bytes, path: path)
            let counts = counts
            view.note(
                "going on with \(directory): \(counts.done) trials done, \(counts.failed) failed, "
                    + "\(counts.waiting) waiting"
                    + (unknown.isEmpty ? "" : "; \(unknown.count) are no longer listed"))
        }
        try write()
    }

    /// Takes a message of the leader of `group`.
    ///
    /// - Returns: the answer, where one is wanted.
    func take(_ message: Message, from group: Int) throws -> Reply? {
        defer { refresh() }
        switch message {
        case .idle(let stopping):
            isStopping = isStopping || stopping
            return reply(to: group)
        case .progress(let fraction, let loss, let score):
            let texts = [
                loss.map { "loss \(HumanFormat.fixed($0, decimals: 4))" },
                score.map { "best \(HumanFormat.fixed($0 * 100, decimals: 2))" },
            ]
            running[group]?.fraction = fraction
            running[group]?.status = texts.compactMap(\.self).joined(separator: "  ")
        case .scored(let outcome):
            guard let trial = plan.trial(of: group) else { return .keep(false) }
            return .keep(isBest(trial, outcome))
        case .finished(let outcome, let kept): try finish(group, outcome, kept: kept)
        case .failed(let text, let status): try fail(group, text, status)
        case .stopped:
            isStopping = true
            plan.release(group: group)
            running[group] = nil
        }
        return nil
    }

    /// Shows what runs.
    func refresh() {
        view.show(counts, running.sorted { $0.key < $1.key }.map(\.value))
    }

    private var counts: FanOutView.Counts {
        plan.entries.reduce(into: FanOutView.Counts()) { counts, entry in
            switch entry.status {
            case .waiting: counts.waiting += 1
            case .running: counts.running += 1
            case .done: counts.done += 1
            case .failed: counts.failed += 1
            }
        }
    }

    private func reply(to group: Int) -> Reply {
        if !isStopping, let trial = plan.next(group: group),
            let index = plan.entries.firstIndex(where: { $0.trial == trial })
        {
            running[group] = FanOutView.Running(name: trial.key, fraction: 0, status: "")
            return .run(index)
        }
        guard isStopping || plan.isComplete else { return .wait }
        left.insert(group)
        return .leave(stopSent: false)
    }

    // MARK: Ends of trials

    private func finish(_ group: Int, _ outcome: TrialPlan.Outcome, kept: Bool) throws {
        guard let trial = plan.trial(of: group) else { return }
        running[group] = nil
        if kept {
            let model = TrialDirectory(directory, trial).model
            if isBest(trial, outcome) {
                try promote(model, trial)
            } else {
                try PendingDirectory.retire(model)
            }
        }
        plan.finish(trial, outcome)
        try write()
        let metric = configuration.tasks[trial.task].decidingMetric
        let score = outcome.scores[metric].map { HumanFormat.fixed($0 * 100, decimals: 2) }
        let counts = counts
        view.note(
            "done    \(trial.key)  \(metric.rawValue) \(score ?? "undefined")  "
                + "\(HumanFormat.duration(outcome.seconds))  "
                + "(\(counts.done + counts.failed) of \(plan.entries.count))")
    }

    private func fail(_ group: Int, _ text: String, _ status: Int32) throws {
        guard let trial = plan.trial(of: group) else { return }
        running[group] = nil
        let again = plan.fail(trial, text)
        if !again { failureStatus = failureStatus ?? status }
        try write()
        view.note("failed  \(trial.key)  \(text)\(again ? "; it will be tried again" : "")")
    }

    // MARK: Best models

    private func modelPath(_ task: Int) -> String {
        Paths.join(Paths.join(directory, "models"), configuration.tasks[task].name)
    }

    /// Whether no finished trial of the task is better; of equals the first listed is the best.
    private func isBest(_ trial: Trial, _ outcome: TrialPlan.Outcome) -> Bool {
        let metric = configuration.tasks[trial.task].decidingMetric
        let score = outcome.scores[metric] ?? -.infinity
        var isBehind = false
        for entry in plan.entries where entry.trial.task == trial.task {
            if entry.trial == trial {
                isBehind = true
                continue
            }
            guard case .done(let other) = entry.status else { continue }
            let rival = other.scores[metric] ?? -.infinity
            if rival > score || (rival == score && !isBehind) { return false }
        }
        return true
    }

    private func promote(_ model: String, _ trial: Trial) throws {
        let target = modelPath(trial.task)
        try Paths.createDirectory(Paths.parent(of: target))
        if Paths.exists(target) { try PendingDirectory.retire(target) }
        try Paths.rename(model, to: target)
    }

    // MARK: Files

    /// The plan, and the results so far.
    private func write() throws {
        try WholeFiles.writeAtomically(Paths.join(directory, "plan.json"), plan.state())
        let results = FineTuningResults(plan, configuration)
        try WholeFiles.writeAtomically(
            Paths.join(directory, "results.json"), results.json(plan, configuration) + [10])
        try WholeFiles.writeAtomically(
            Paths.join(directory, "results.md"), results.markdown(configuration))
    }

    /// What is said at the end.
    func summary() -> String {
        let failures = plan.entries.compactMap { entry in
            if case .failed(let text) = entry.status { "\(entry.trial.key): \(text)" } else { nil }
        }
        var text = "\n" + FineTuningResults(plan, configuration).markdown(configuration)
        if !failures.isEmpty {
            text += "\nfailed:\n" + failures.map { "  \($0)\n" }.joined()
        }
        return text + "\nresults in \(directory): results.md, results.json, models/"
    }
}

import DurableFiles
import ExitCoding
import FineTuning
import Reporting

/// Deals trials to groups of ranks, and keeps the plan, the results and the best models. On rank 0.
final class Coordinator {
    private(set) var plan: TrialPlan
    /// Groups that were told to leave.
    private(set) var left: Set<Int> = []
    /// Whether a rank was asked to stop; no more trials are then dealt.
    private(set) var isStopping = false

    private let configuration: FineTuningConfiguration
    /// Scores of the most frequent answer on each task.
    private let baselines: [TaskScores?]
    /// Number of groups that run trials, which come first; the others are spare ranks.
    private let workers: Int
    private let directory: FanOutDirectory
    private let view: FanOutView
    private var running: [Int: FanOutView.Running] = [:]
    private var results: FineTuningResults?

    /// Restores the plan of the directory, if it has one.
    ///
    /// - Throws: also if its trials were made with other `settings`; nothing is then written.
    init(
        _ configuration: FineTuningConfiguration, settings: TrialSettings,
        baselines: [TaskScores?], workers: Int,
        directory: FanOutDirectory, view: FanOutView, cost: (Trial) -> Double
    ) throws {
        self.configuration = configuration
        self.baselines = baselines
        self.workers = workers
        self.directory = directory
        self.view = view
        plan = TrialPlan(
            configuration.trials, retries: configuration.retries, settings: settings, cost: cost)
        if let state = try directory.readPlan() {
            let unknown = try plan.restore(state, path: directory.plan)
            let counts = counts
            view.note(
                "going on with \(directory.path): \(counted(counts.done, "trial")) done, \(counts.failed) "
                    + "failed, \(counts.waiting) waiting"
                    + (unknown.isEmpty ? "" : "; \(unknown.count) kept that are not listed"))
        }
        try directory.write(plan)
        try directory.clean()
        try directory.write(configuration)
        try writeResults()
    }

    /// Handles a message from the leader of `group`.
    ///
    /// - Returns: the reply, if the message wants one.
    func take(_ message: Message, from group: Int) throws -> Reply? {
        defer { refresh() }
        switch message {
        case .idle(let stopping):
            isStopping = isStopping || stopping
            return try reply(to: group)
        case .alive: break
        case .notes(let notes): try take(notes, of: group)
        case .warning(let text):
            view.note("warning: \(plan.trial(of: group)?.key ?? "group \(group)"): \(text)")
        case .progress(let fraction, let loss, let score):
            let texts = [
                loss.map { "loss \(HumanFormat.fixed($0, decimals: 4))" },
                score.map { "best \(HumanFormat.fixed($0 * 100, decimals: 2))" },
            ]
            running[group]?.fraction = fraction
            running[group]?.status = texts.compactMap(\.self).joined(separator: "  ")
        case .kept: if plan.advance(group: group) { try directory.write(plan) }
        case .scored(let outcome):
            guard let trial = plan.trial(of: group) else { return .keep(false) }
            return .keep(isBest(trial, outcome))
        case .finished(let outcome, let kept): try finish(group, outcome, kept: kept)
        case .failed(let text, let status): try fail(group, text, status)
        case .stopped:
            isStopping = true
            plan.release(group: group)
            running[group] = nil
            try directory.write(plan)
        }
        return nil
    }

    /// Shows the running trials.
    func refresh() {
        view.show { (counts, running.sorted { $0.key < $1.key }.map(\.value)) }
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

    private func reply(to group: Int) throws -> Reply {
        if !isStopping, group < workers, let trial = plan.next(group: group),
            let index = plan.entries.firstIndex(where: { $0.trial == trial })
        {
            running[group] = FanOutView.Running(name: trial.key, fraction: 0, status: "")
            // Written before the trial begins, so that if the trial takes the job down, the next
            // job knows.
            try directory.write(plan)
            view.log("start   \(trial.key)")
            return .run(index)
        }
        guard isStopping || plan.isComplete else { return .wait }
        left.insert(group)
        return .leave(stopSent: false)
    }

    private func take(_ notes: [String], of group: Int) throws {
        guard let trial = plan.trial(of: group) else { return }
        let name = configuration.tasks[trial.task].name
        guard plan.note(notes, task: name) else { return }
        for note in notes { view.note("note: task \(name): \(note)") }
    }

    // MARK: Ends of trials

    private func finish(_ group: Int, _ outcome: TrialPlan.Outcome, kept: Bool) throws {
        guard let trial = plan.trial(of: group) else { return }
        running[group] = nil
        if kept {
            if isBest(trial, outcome) {
                try directory.promote(trial, task: configuration.tasks[trial.task].name)
            } else {
                try directory.directory(of: trial).discardModel()
            }
        }
        plan.finish(trial, outcome)
        try directory.write(plan)
        try writeResults()
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
        let again = plan.fail(trial, text, exitStatus: status)
        try directory.write(plan)
        try writeResults()
        view.note("failed  \(trial.key)  \(text)\(again ? "; it will be tried again" : "")")
    }

    /// Whether no finished trial of the task is better; the first listed wins ties, and a trial
    /// that is no longer listed remains best.
    private func isBest(_ trial: Trial, _ outcome: TrialPlan.Outcome) -> Bool {
        let task = configuration.tasks[trial.task]
        func score(_ outcome: TrialPlan.Outcome) -> Double {
            outcome.scores[task.decidingMetric] ?? -.infinity
        }
        let own = score(outcome)
        if plan.unlistedOutcomes(task: task.name).contains(where: { score($0) >= own }) {
            return false
        }
        var isBehind = false
        for entry in plan.entries where entry.trial.task == trial.task {
            if entry.trial == trial {
                isBehind = true
                continue
            }
            guard case .done(let other) = entry.status else { continue }
            let rival = score(other)
            if rival > own || (rival == own && !isBehind) { return false }
        }
        return true
    }

    private func writeResults() throws {
        let results = FineTuningResults(
            plan, configuration, baselines: baselines, earlier: results)
        self.results = results
        try directory.write(results, plan, configuration)
    }

    /// Text for the end: the tables, trials that failed or did not beat the baseline, and the next
    /// command.
    func summary() -> String {
        let results = FineTuningResults(plan, configuration, baselines: baselines)
        var text = "\n" + results.markdown(configuration)
        let failures = plan.entries.compactMap { entry in
            if case .failed(let text) = entry.status { "\(entry.trial.key): \(text)" } else { nil }
        }
        if !failures.isEmpty {
            text += "\nfailed:\n" + failures.map { "  \($0)\n" }.joined()
        }
        for cell in results.cells where results.isNoBetterThanChance(cell) {
            text +=
                "\nwarning: \(configuration.checkpoints[cell.checkpoint].name) on task "
                + "\(configuration.tasks[cell.task].name) is no better than always giving the most "
                + "frequent answer: nothing was learned. Try other learning rates or more epochs\n"
        }
        let models = results.cells.map(\.task)
        let names = configuration.tasks.indices.filter(models.contains).map {
            configuration.tasks[$0].name
        }
        text +=
            "\nresults in \(directory.path): results.md, results.json"
            + (names.isEmpty ? "" : ", models/")
        if let first = names.first {
            let others = names.count > 1 ? " (\(names.count) tasks have a model)" : ""
            text += "\nnext: bert predict \(directory.model(of: first)) < LINES\(others)"
        }
        return text
    }
}

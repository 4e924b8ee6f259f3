/// What a fan-out found: for each task and model the best setting and its scores over the seeds, and
/// for each task which model is better.
public struct FineTuningResults: Equatable, Sendable {
    /// A model on a task, at its best setting.
    public struct Cell: Equatable, Sendable {
        /// Place of the task in the configuration.
        public let task: Int
        /// Place of the model.
        public let checkpoint: Int
        /// Peak of the learning rate of the best setting.
        public let learningRate: Double
        /// Passes of the best setting.
        public let epochs: Int
        /// The seeds that finished with the best setting.
        public let seeds: [Int]
        /// The deciding metric for each of them; an undefined one counts as 0.
        public let values: [Double]
        /// Those in short.
        public let summary: ScoreSummary
        /// Mean seconds of a trial of the best setting.
        public let seconds: Double
        /// Trials of this model on this task, of any setting, that failed for good.
        public let failed: Int
    }

    /// Two models on a task.
    public struct Comparison: Equatable, Sendable {
        /// Place of the task.
        public let task: Int
        /// Place of model A.
        public let first: Int
        /// Place of model B.
        public let second: Int
        /// A minus B, over the seeds that both finished.
        public let test: PairedComparison
    }

    /// Tasks in the order of the configuration, models of each likewise. A model that finished no
    /// trial of a task is missing.
    public let cells: [Cell]
    /// All pairs of models of each task with a seed in common.
    public let comparisons: [Comparison]

    /// The results so far; the plan need not be complete.
    public init(_ plan: TrialPlan, _ configuration: FineTuningConfiguration) {
        var cells: [Cell] = []
        var comparisons: [Comparison] = []
        for task in configuration.tasks.indices {
            let metric = configuration.tasks[task].decidingMetric
            let entries = plan.entries.filter { $0.trial.task == task }
            let row = configuration.checkpoints.indices.compactMap { checkpoint in
                Self.cell(entries.filter { $0.trial.checkpoint == checkpoint }, metric)
            }
            cells += row
            for (index, first) in row.enumerated() {
                comparisons += row[(index + 1)...].compactMap { Self.compare(first, $0) }
            }
        }
        self.cells = cells
        self.comparisons = comparisons
    }

    private struct Setting: Hashable {
        let learningRate: Double
        let epochs: Int
    }

    /// The setting with the best mean among those with the most seeds finished; the first of equals.
    private static func cell(_ entries: [TrialPlan.Entry], _ metric: TaskMetric) -> Cell? {
        var order: [Setting] = []
        var runs: [Setting: [(seed: Int, value: Double, seconds: Double)]] = [:]
        var failed = 0
        for entry in entries {
            if case .failed = entry.status { failed += 1 }
            guard case .done(let outcome) = entry.status else { continue }
            let setting = Setting(
                learningRate: entry.trial.learningRate, epochs: entry.trial.epochs)
            if runs[setting] == nil { order.append(setting) }
            runs[setting, default: []].append(
                (entry.trial.seed, outcome.scores[metric] ?? 0, outcome.seconds))
        }
        func rank(_ setting: Setting) -> (Int, Double) {
            let values = (runs[setting] ?? []).map(\.value)
            return (values.count, values.reduce(0, +) / Double(values.count))
        }
        var best: Setting?
        for setting in order where best.map({ rank($0) < rank(setting) }) ?? true {
            best = setting
        }
        guard let best, let chosen = runs[best], let trial = entries.first?.trial else {
            return nil
        }
        let values = chosen.map(\.value)
        return Cell(
            task: trial.task, checkpoint: trial.checkpoint, learningRate: best.learningRate,
            epochs: best.epochs, seeds: chosen.map(\.seed), values: values,
            summary: ScoreSummary(values),
            seconds: chosen.reduce(0) { $0 + $1.seconds } / Double(chosen.count), failed: failed)
    }

    private static func compare(_ first: Cell, _ second: Cell) -> Comparison? {
        var pairs: (a: [Double], b: [Double]) = ([], [])
        for (seed, value) in zip(first.seeds, first.values) {
            guard let place = second.seeds.firstIndex(of: seed) else { continue }
            pairs.a.append(value)
            pairs.b.append(second.values[place])
        }
        guard !pairs.a.isEmpty else { return nil }
        return Comparison(
            task: first.task, first: first.checkpoint, second: second.checkpoint,
            test: PairedComparison(pairs.a, pairs.b))
    }
}

/// Results of a fan-out: the best setting of each model on each task with its scores over the
/// seeds, and a comparison of the models on each task.
public struct FineTuningResults: Equatable, Sendable {
    /// A model on a task, at its best setting.
    public struct Cell: Equatable, Sendable {
        /// Index of the task in the configuration.
        public let task: Int
        /// Index of the model in the configuration.
        public let checkpoint: Int
        /// Peak learning rate of the best setting.
        public let learningRate: Double
        /// Epochs of the best setting.
        public let epochs: Int
        /// Seeds that finished with the best setting.
        public let seeds: [Int]
        /// Deciding metric for each seed; nil if undefined.
        public let values: [Double?]
        /// Summary of the scores; an undefined score counts as 0, so that no model gains by
        /// failing.
        public let summary: ScoreSummary
        /// Mean duration of a trial of the best setting, in seconds.
        public let seconds: Double
        /// Number of trials of this model on this task, with any setting, that failed permanently.
        public let failed: Int

        /// Number of undefined values.
        public var undefined: Int { values.count { $0 == nil } }
    }

    /// Comparison of two models on a task.
    public struct Comparison: Equatable, Sendable {
        /// Index of the task.
        public let task: Int
        /// Index of model A.
        public let first: Int
        /// Index of model B.
        public let second: Int
        /// A minus B, over the seeds that both finished.
        public let test: PairedComparison
    }

    /// A model that finished no trial of a task and failed at least one permanently.
    public struct Failure: Equatable, Sendable {
        /// Index of the task.
        public let task: Int
        /// Index of the model.
        public let checkpoint: Int
        /// Number of failed trials.
        public let failed: Int

        /// Records a number of failed trials.
        public init(task: Int, checkpoint: Int, failed: Int) {
            self.task = task
            self.checkpoint = checkpoint
            self.failed = failed
        }
    }

    /// Cells by task and then model, in the order of the configuration. A model that finished no
    /// trial of a task has no cell.
    public let cells: [Cell]
    /// Cells missing because trials failed, in the same order.
    public let failures: [Failure]
    /// All pairs of models of each task that have at least one seed in common.
    public let comparisons: [Comparison]
    /// Deciding metric of each task for the most frequent answer (see `TaskData.baseline`); nil if
    /// there is none.
    public let chances: [Double?]

    /// Computes the results so far; the plan may be incomplete.
    ///
    /// - Parameters:
    ///   - baselines: scores of the most frequent answer for each task, if known.
    ///   - earlier: results of the same configuration, whose comparisons are reused for pairs in
    ///     which neither model has changed since.
    public init(
        _ plan: TrialPlan, _ configuration: FineTuningConfiguration, baselines: [TaskScores?] = [],
        earlier: FineTuningResults? = nil
    ) {
        var entries = [[TrialPlan.Entry]](repeating: [], count: configuration.tasks.count)
        for entry in plan.entries { entries[entry.trial.task].append(entry) }
        let known = earlier?.known ?? [:]
        var cells: [Cell] = []
        var failures: [Failure] = []
        var comparisons: [Comparison] = []
        for task in configuration.tasks.indices {
            var models = [[TrialPlan.Entry]](
                repeating: [], count: configuration.checkpoints.count)
            for entry in entries[task] { models[entry.trial.checkpoint].append(entry) }
            let metric = configuration.tasks[task].decidingMetric
            let row = models.compactMap { Self.cell($0, metric) }
            cells += row
            failures += Self.failures(of: task, models, finished: row)
            comparisons += Self.comparisons(row, known)
        }
        self.cells = cells
        self.failures = failures
        self.comparisons = comparisons
        chances = configuration.tasks.indices.map { task in
            guard baselines.indices.contains(task) else { return nil }
            return baselines[task]?[configuration.tasks[task].decidingMetric]
        }
    }

    /// Models of a task that have no cell because trials failed.
    private static func failures(
        of task: Int, _ models: [[TrialPlan.Entry]], finished row: [Cell]
    ) -> [Failure] {
        models.indices.compactMap { model in
            let failed = models[model].count { $0.status.isFailed }
            guard failed > 0, !row.contains(where: { $0.checkpoint == model }) else { return nil }
            return Failure(task: task, checkpoint: model, failed: failed)
        }
    }

    /// Compares all pairs of the models of a task; unchanged pairs in `known` are reused.
    private static func comparisons(
        _ row: [Cell], _ known: [Pair: (first: Cell, second: Cell, comparison: Comparison)]
    ) -> [Comparison] {
        row.enumerated().flatMap { index, first in
            row[(index + 1)...].compactMap { second in
                let pair = Pair(
                    task: first.task, first: first.checkpoint, second: second.checkpoint)
                if let known = known[pair], known.first == first, known.second == second {
                    return known.comparison
                }
                return compare(first, second)
            }
        }
    }

    /// Whether a model fails to beat the most frequent answer of a task; false if there is no
    /// baseline.
    public func isNoBetterThanChance(_ cell: Cell) -> Bool {
        chances[cell.task].map { cell.summary.best <= $0 } ?? false
    }

    private struct Pair: Hashable {
        let task, first, second: Int
    }

    /// The comparisons with their cells.
    private var known: [Pair: (first: Cell, second: Cell, comparison: Comparison)] {
        var byPlace: [Pair: Cell] = [:]
        for cell in cells {
            byPlace[Pair(task: cell.task, first: cell.checkpoint, second: cell.checkpoint)] = cell
        }
        var known: [Pair: (first: Cell, second: Cell, comparison: Comparison)] = [:]
        for one in comparisons {
            func cell(_ model: Int) -> Cell? {
                byPlace[Pair(task: one.task, first: model, second: model)]
            }
            guard let first = cell(one.first), let second = cell(one.second) else { continue }
            known[Pair(task: one.task, first: one.first, second: one.second)] = (
                first, second, one
            )
        }
        return known
    }

    private struct Setting: Hashable {
        let learningRate: Double
        let epochs: Int
    }

    /// The setting with the best mean among those with the most finished seeds; the first on a tie.
    private static func cell(_ entries: [TrialPlan.Entry], _ metric: TaskMetric) -> Cell? {
        var order: [Setting] = []
        var runs: [Setting: [(seed: Int, value: Double?, seconds: Double)]] = [:]
        var failed = 0
        for entry in entries {
            if entry.status.isFailed { failed += 1 }
            guard case .done(let outcome) = entry.status else { continue }
            let setting = Setting(
                learningRate: entry.trial.learningRate, epochs: entry.trial.epochs)
            if runs[setting] == nil { order.append(setting) }
            runs[setting, default: []].append(
                (entry.trial.seed, outcome.scores[metric], outcome.seconds))
        }
        func rank(_ setting: Setting) -> (Int, Double) {
            let values = (runs[setting] ?? []).map { $0.value ?? 0 }
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
            summary: ScoreSummary(values.map { $0 ?? 0 }),
            seconds: chosen.reduce(0) { $0 + $1.seconds } / Double(chosen.count), failed: failed)
    }

    private static func compare(_ first: Cell, _ second: Cell) -> Comparison? {
        var pairs: (a: [Double], b: [Double]) = ([], [])
        for (seed, value) in zip(first.seeds, first.values) {
            guard let place = second.seeds.firstIndex(of: seed) else { continue }
            pairs.a.append(value ?? 0)
            pairs.b.append(second.values[place] ?? 0)
        }
        guard !pairs.a.isEmpty else { return nil }
        return Comparison(
            task: first.task, first: first.checkpoint, second: second.checkpoint,
            test: PairedComparison(pairs.a, pairs.b))
    }
}

internal import FoundationEssentials

/// The results as `results.json`.
extension FineTuningResults {
    private struct Document: Encodable {
        let version = 1
        var notes: [String: [String]]
        var trials: [TrialRecord]
        var summary: [CellRecord]
        var comparisons: [ComparisonRecord]
    }

    private struct TrialRecord: Encodable {
        let key, task, checkpoint: String
        let learningRate: Double
        let epochs, seed: Int
        let status: String
        let scores: [String: Double?]?
        let seconds: Double?
        let evaluations, bestEvaluation: Int?
        let failures: Int
        let error: String?
    }

    private struct CellRecord: Encodable {
        let task, metric, checkpoint: String
        let learningRate: Double
        let epochs: Int
        let seeds: [Int]
        let values: [Double?]
        let undefined: Int
        let mean, best: Double
        let chance: Double?
        let standardDeviation: Double?
        let confidenceInterval: [Double]?
        let seconds: Double
        let failed: Int
    }

    private struct ComparisonRecord: Encodable {
        let task, first, second: String
        let pairs: Int
        let difference: Double
        let confidenceInterval: [Double]?
        let t, pT, pPermutation: Double?
    }

    /// JSON with every trial, the summary of each task and model, the comparisons, and the notes on
    /// each task's data. Keys are in snake case; scores are from 0 to 1, null if undefined.
    public func json(_ plan: TrialPlan, _ configuration: FineTuningConfiguration) -> [UInt8] {
        let names = Set(configuration.tasks.map(\.name))
        let document = Document(
            notes: plan.notes.filter { names.contains($0.key) },
            trials: plan.entries.map { record($0, configuration) },
            summary: cells.map { record($0, configuration) },
            comparisons: comparisons.map { record($0, configuration) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // t is infinite if all differences are equal, and JSON has no other form for it.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        guard let data = try? encoder.encode(document) else {
            preconditionFailure("results hold nothing that JSON cannot")
        }
        return Array(data)
    }

    private func record(
        _ entry: TrialPlan.Entry, _ configuration: FineTuningConfiguration
    ) -> TrialRecord {
        let trial = entry.trial
        var outcome: TrialPlan.Outcome?
        let status: String
        switch entry.status {
        case .waiting: status = "waiting"
        case .running: status = "running"
        case .failed: status = "failed"
        case .done(let result):
            status = "done"
            outcome = result
        }
        return TrialRecord(
            key: trial.key, task: configuration.tasks[trial.task].name,
            checkpoint: configuration.checkpoints[trial.checkpoint].name,
            learningRate: trial.learningRate, epochs: trial.epochs, seed: trial.seed,
            status: status,
            scores: outcome.map { outcome in
                Dictionary(
                    outcome.scores.scores.map { ($0.metric.rawValue, $0.value) },
                    uniquingKeysWith: { first, _ in first })
            }, seconds: outcome?.seconds, evaluations: outcome?.evaluations,
            bestEvaluation: outcome?.bestEvaluation, failures: entry.failures,
            error: entry.lastError)
    }

    private func record(
        _ cell: Cell, _ configuration: FineTuningConfiguration
    ) -> CellRecord {
        let task = configuration.tasks[cell.task]
        return CellRecord(
            task: task.name, metric: task.decidingMetric.rawValue,
            checkpoint: configuration.checkpoints[cell.checkpoint].name,
            learningRate: cell.learningRate, epochs: cell.epochs, seeds: cell.seeds,
            values: cell.values, undefined: cell.undefined, mean: cell.summary.mean,
            best: cell.summary.best, chance: chances[cell.task],
            standardDeviation: cell.summary.standardDeviation,
            confidenceInterval: cell.summary.interval.map { [$0.lowerBound, $0.upperBound] },
            seconds: cell.seconds, failed: cell.failed)
    }

    private func record(
        _ comparison: Comparison, _ configuration: FineTuningConfiguration
    ) -> ComparisonRecord {
        let test = comparison.test
        return ComparisonRecord(
            task: configuration.tasks[comparison.task].name,
            first: configuration.checkpoints[comparison.first].name,
            second: configuration.checkpoints[comparison.second].name, pairs: test.count,
            difference: test.difference,
            confidenceInterval: test.halfWidth.map {
                [test.difference - $0, test.difference + $0]
            }, t: test.t, pT: test.tTest, pPermutation: test.permutationTest)
    }
}

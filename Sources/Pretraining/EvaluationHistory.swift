import Formats
import Reporting

/// Evaluations of a run, including those of earlier attempts: which model is best, and whether it
/// has reached the target.
struct EvaluationHistory {
    /// Evaluations of this attempt, and that of the step it resumed from.
    private(set) var evaluations: [EvaluationRecord] = []
    /// Step of the last evaluation, including those of earlier attempts.
    private(set) var evaluatedStep: Int?
    /// MLM accuracy by step.
    private(set) var scores: [Int: Double] = [:]

    /// Restores the log's evaluations up to `step`. The evaluation of the present step counts only
    /// if its checkpoint is the run's own; otherwise it belongs to another model.
    mutating func recall(_ records: [EvaluationRecord], step: Int, isOwn: Bool) {
        for record in records where record.step < step || isOwn {
            scores[record.step] = record.mlmAccuracy
            if record.step == step { evaluations = [record] }
        }
        evaluatedStep = evaluations.last?.step
    }

    /// Adds an evaluation.
    ///
    /// - Returns: whether an earlier attempt already made it.
    mutating func add(_ record: EvaluationRecord) -> Bool {
        let isKnown = scores[record.step] == record.mlmAccuracy
        evaluations.append(record)
        evaluatedStep = record.step
        scores[record.step] = record.mlmAccuracy
        return isKnown
    }

    /// Whether the evaluation of `step` found a better model than those of `others`, the steps that
    /// have a checkpoint.
    func isBest(_ step: Int, among others: [Int]) -> Bool {
        guard let score = scores[step] else { return false }
        return others.allSatisfy { $0 == step || scores[$0] ?? -.infinity < score }
    }

    /// Whether the last evaluation reached `evaluation.target`.
    func hasReached(_ phase: PretrainingPhase) -> Bool {
        Self.isReached(phase, accuracy: evaluatedStep.flatMap { scores[$0] })
    }

    /// Whether an accuracy reaches `evaluation.target`.
    static func isReached(_ phase: PretrainingPhase, accuracy: Double?) -> Bool {
        guard let target = phase.configuration.evaluation.target, let accuracy else { return false }
        return accuracy >= target
    }

    /// Step with the best evaluation, the first on a tie, and its MLM accuracy.
    var best: (step: Int, accuracy: Double)? {
        scores.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
}

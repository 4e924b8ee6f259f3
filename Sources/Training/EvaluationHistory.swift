import Formats
import Reporting

/// The evaluations of a run, also those of earlier attempts: which model was the best, and whether it
/// is good enough.
struct EvaluationHistory {
    /// The evaluations of this attempt, and that of the step that it resumed from.
    private(set) var evaluations: [EvaluationRecord] = []
    /// The step of the last evaluation, also of one of an earlier attempt.
    private(set) var evaluatedStep: Int?
    /// MLM accuracy by step.
    private(set) var scores: [Int: Double] = [:]

    /// Takes what the log has up to `step`. The evaluation of the present step counts only where its
    /// checkpoint is the run's own: otherwise it was of another model.
    mutating func recall(_ records: [EvaluationRecord], step: Int, isOwn: Bool) {
        for record in records where record.step < step || isOwn {
            scores[record.step] = record.mlmAccuracy
            if record.step == step { evaluations = [record] }
        }
        evaluatedStep = evaluations.last?.step
    }

    /// Adds an evaluation.
    ///
    /// - Returns: whether an earlier attempt had made it.
    mutating func add(_ record: EvaluationRecord) -> Bool {
        let isKnown = scores[record.step] == record.mlmAccuracy
        evaluations.append(record)
        evaluatedStep = record.step
        scores[record.step] = record.mlmAccuracy
        return isKnown
    }

    /// Whether the evaluation of `step` found a better model than those of `others`, steps that have
    /// a checkpoint.
    func isBest(_ step: Int, among others: [Int]) -> Bool {
        guard let score = scores[step] else { return false }
        return others.allSatisfy { $0 == step || scores[$0] ?? -.infinity < score }
    }

    /// Whether the last evaluation found `evaluation.target` reached.
    func hasReached(_ phase: PretrainingPhase) -> Bool {
        Self.isReached(phase, accuracy: evaluatedStep.flatMap { scores[$0] })
    }

    /// Whether an accuracy reaches `evaluation.target`.
    static func isReached(_ phase: PretrainingPhase, accuracy: Double?) -> Bool {
        guard let target = phase.configuration.evaluation.target, let accuracy else { return false }
        return accuracy >= target
    }

    /// The best evaluated step, the first of equally good ones, and its MLM accuracy.
    var best: (step: Int, accuracy: Double)? {
        scores.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
}

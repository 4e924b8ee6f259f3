public import Evaluation
public import Reporting
public import Tokenization

extension EvaluationRecord {
    /// Reports `result` at `step`, with the baseline's token as text.
    public init(_ result: EvaluationResult, step: Int, vocabulary: Vocabulary) {
        let token =
            result.maskedBaselineID < vocabulary.count
            ? vocabulary.token(Int32(result.maskedBaselineID)) : "\(result.maskedBaselineID)"
        let (mlm, nsp) = (result.masked, result.nextSentence)
        self.init(
            step: step, mlmAccuracy: mlm.accuracy, mlmLoss: mlm.loss, mlmTokens: mlm.count,
            nspAccuracy: nsp.accuracy, nspLoss: nsp.loss, nspPairs: nsp.count,
            mlmBaselineAccuracy: mlm.baseline, mlmBaselineToken: token,
            nspBaselineAccuracy: nsp.baseline)
        intervals.mlmAccuracyLow = mlm.accuracyInterval?.lowerBound
        intervals.mlmAccuracyHigh = mlm.accuracyInterval?.upperBound
        intervals.mlmLossLow = mlm.lossInterval?.lowerBound
        intervals.mlmLossHigh = mlm.lossInterval?.upperBound
        intervals.nspAccuracyLow = nsp.accuracyInterval?.lowerBound
        intervals.nspAccuracyHigh = nsp.accuracyInterval?.upperBound
        intervals.nspLossLow = nsp.lossInterval?.lowerBound
        intervals.nspLossHigh = nsp.lossInterval?.upperBound
    }
}

extension EvaluationReport {
    /// Reports `result` of the model at `path` after `step` updates.
    init(_ result: EvaluationResult, step: Int, path: String, vocabulary: Vocabulary) {
        self.init(
            EvaluationRecord(result, step: step, vocabulary: vocabulary), path: path,
            groups: result.groups.map {
                Group(
                    criterion: $0.criterion.rawValue, name: $0.name, mlm: Score($0.masked),
                    nsp: $0.nextSentence.map { Score($0) })
            })
    }
}

extension EvaluationReport.Score {
    fileprivate init(_ score: EvaluationScore) {
        self.init(
            accuracy: score.accuracy, accuracyInterval: score.accuracyInterval,
            baseline: score.baseline, loss: score.loss, lossInterval: score.lossInterval,
            count: score.count)
    }
}

extension ConsoleReporter {
    /// Prints all scores of one model: a line, and a table of the parts.
    public func report(_ report: EvaluationReport) {
        evaluation(report.record)
        let record = report.record
        let ends = record.intervals
        var rows = [
            row(
                "masked tokens",
                EvaluationReport.Score(
                    accuracy: record.mlmAccuracy,
                    accuracyInterval: range(ends.mlmAccuracyLow, ends.mlmAccuracyHigh),
                    baseline: record.mlmBaselineAccuracy, loss: record.mlmLoss,
                    lossInterval: range(ends.mlmLossLow, ends.mlmLossHigh),
                    count: record.mlmTokens))
        ]
        rows += report.groups.map { row("  \($0.spelled)", $0.mlm) }
        rows.append(
            row(
                "next sentence",
                EvaluationReport.Score(
                    accuracy: record.nspAccuracy,
                    accuracyInterval: range(ends.nspAccuracyLow, ends.nspAccuracyHigh),
                    baseline: record.nspBaselineAccuracy, loss: record.nspLoss,
                    lossInterval: range(ends.nspLossLow, ends.nspLossHigh),
                    count: record.nspPairs)))
        rows += report.groups.compactMap { group in
            group.nsp.map { row("  \(group.spelled)", $0) }
        }
        table(
            "Held-out predictions, with 95% confidence intervals over documents",
            columns: ["", "accuracy", "", "by chance", "loss", "", "predictions"], rows: rows)
    }

    /// Prints the scores of several checkpoints, one row each.
    public func curve(_ reports: [EvaluationReport]) {
        let rows = reports.map { report -> [String] in
            let (record, ends) = (report.record, report.record.intervals)
            return [
                "\(record.step)", HumanFormat.percent(record.mlmAccuracy),
                percents(range(ends.mlmAccuracyLow, ends.mlmAccuracyHigh)),
                HumanFormat.fixed(record.mlmLoss, decimals: 4),
                HumanFormat.percent(record.nspAccuracy),
                percents(range(ends.nspAccuracyLow, ends.nspAccuracyHigh)),
                HumanFormat.fixed(record.nspLoss, decimals: 4),
            ]
        }
        table(
            "Held-out accuracy and loss by step, with 95% confidence intervals over documents",
            columns: ["step", "MLM", "", "loss", "NSP", "", "loss"], rows: rows)
    }

    private func row(_ name: String, _ score: EvaluationReport.Score) -> [String] {
        let loss = score.lossInterval.map {
            "\(HumanFormat.fixed($0.lowerBound, decimals: 4)) - "
                + HumanFormat.fixed($0.upperBound, decimals: 4)
        }
        return [
            name, HumanFormat.percent(score.accuracy), percents(score.accuracyInterval),
            HumanFormat.percent(score.baseline), HumanFormat.fixed(score.loss, decimals: 4),
            loss ?? "", "\(score.count)",
        ]
    }

    private func percents(_ interval: ClosedRange<Double>?) -> String {
        interval.map {
            "\(HumanFormat.percent($0.lowerBound)) - \(HumanFormat.percent($0.upperBound))"
        } ?? ""
    }

    private func range(_ low: Double?, _ high: Double?) -> ClosedRange<Double>? {
        guard let low, let high, low <= high else { return nil }
        return low...high
    }
}

extension EvaluationReport.Group {
    /// Name of the part for users.
    fileprivate var spelled: String {
        switch (criterion, name) {
        case ("frequency", "frequent"): "frequent tokens (half of all)"
        case ("frequency", "rare"): "rare tokens (the others)"
        case ("word", "whole"): "whole words"
        case ("word", "piece"): "pieces of words"
        default: name
        }
    }
}

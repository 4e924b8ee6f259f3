internal import Glibc

/// The results as two tables.
extension FineTuningResults {
    /// Markdown, with scores times 100. Columns are aligned, so that it is also readable on a
    /// terminal.
    public func markdown(_ configuration: FineTuningConfiguration) -> String {
        var text = Self.table(
            [
                "task", "metric", "model", "mean ± sd", "chance", "95% CI", "best", "seeds",
                "setting", "time",
            ],
            rows(configuration))
        if !comparisons.isEmpty {
            text += "\n"
            text += Self.table(
                ["task", "A", "B", "A − B", "95% CI", "p (t)", "p (permutation)", "pairs"],
                comparisons.map { row($0, configuration) })
        }
        return text
    }

    /// One row per model and task, including those without a finished trial.
    private func rows(_ configuration: FineTuningConfiguration) -> [[String]] {
        let done = cells.map { (($0.task, $0.checkpoint), row($0, configuration)) }
        let failed = failures.map { failure in
            let task = configuration.tasks[failure.task]
            let names = [
                task.name, task.decidingMetric.rawValue,
                configuration.checkpoints[failure.checkpoint].name,
            ]
            return (
                (failure.task, failure.checkpoint),
                names + [
                    "-", chance(failure.task), "-", "-", "0 (\(failure.failed) failed)", "-", "-",
                ]
            )
        }
        return (done + failed).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func row(_ cell: Cell, _ configuration: FineTuningConfiguration) -> [String] {
        let task = configuration.tasks[cell.task]
        let summary = cell.summary
        let spread = summary.standardDeviation.map { " ± " + percent($0) } ?? ""
        let interval = summary.interval.map {
            "\(percent($0.lowerBound)) … \(percent($0.upperBound))"
        }
        let remarks = [(cell.undefined, "undefined"), (cell.failed, "failed")].filter { $0.0 > 0 }
            .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let counted = "\(summary.count)" + (remarks.isEmpty ? "" : " (\(remarks))")
        return [
            task.name, task.decidingMetric.rawValue,
            configuration.checkpoints[cell.checkpoint].name, percent(summary.mean) + spread,
            chance(cell.task), interval ?? "-", percent(summary.best), counted,
            "lr \(cell.learningRate), \(cell.epochs) epochs", "\(Int(cell.seconds.rounded())) s",
        ]
    }

    private func row(
        _ comparison: Comparison, _ configuration: FineTuningConfiguration
    ) -> [String] {
        let test = comparison.test
        let interval = test.halfWidth.map {
            "\(percent(test.difference - $0)) … \(percent(test.difference + $0))"
        }
        return [
            configuration.tasks[comparison.task].name,
            configuration.checkpoints[comparison.first].name,
            configuration.checkpoints[comparison.second].name, percent(test.difference),
            interval ?? "-", probability(test.tTest), probability(test.permutationTest),
            "\(test.count)",
        ]
    }

    private func chance(_ task: Int) -> String { chances[task].map(percent) ?? "-" }

    private func percent(_ value: Double) -> String { fixed(value * 100, digits: 2) }

    private func probability(_ value: Double?) -> String {
        guard let value else { return "-" }
        return value < 0.0001 ? "< 0.0001" : fixed(value, digits: 4)
    }

    private func fixed(_ value: Double, digits: Int) -> String {
        let scale = pow(10.0, Double(digits))
        let rounded = (abs(value) * scale).rounded()
        guard rounded < 1e15 else { return "\(value)" }
        let whole = Int(rounded)
        let fraction = String(whole % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return (value < 0 && whole > 0 ? "-" : "") + "\(whole / Int(scale)).\(zeros)\(fraction)"
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.unicodeScalars.count)
            }
            return "| " + padded.joined(separator: " | ") + " |\n"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|")
        return line(header) + rule + "|\n" + rows.map(line).joined()
    }
}

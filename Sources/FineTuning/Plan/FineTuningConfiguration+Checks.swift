/// Conditions between keys.
extension FineTuningConfiguration {
    /// Everything that does not fit together, a sentence each.
    public var inconsistencies: [String] {
        var problems: [String] = []
        if tasks.isEmpty { problems.append("tasks: there is none; list at least one") }
        if checkpoints.isEmpty {
            problems.append("checkpoints: there is none; list at least one model to start from")
        }
        for (key, isEmpty) in [
            ("seeds", seeds.isEmpty), ("learning_rates", learningRates.isEmpty),
            ("epochs", epochs.isEmpty),
        ] where isEmpty {
            problems.append("\(key): there is none; list at least one")
        }
        problems += repeated(tasks.map(\.name), "tasks")
        problems += repeated(checkpoints.map(\.name), "checkpoints")
        for (index, point) in checkpoints.enumerated() where point.path.isEmpty {
            problems.append("checkpoints[\(index)].path is missing")
        }
        for (index, task) in tasks.enumerated() {
            problems += task.inconsistencies(sequenceLength: sequenceLength).map {
                "tasks[\(index)]\($0)"
            }
        }
        if trialCount > Self.maximumTrials {
            problems.append("\(trialCount) trials are more than \(Self.maximumTrials)")
        }
        return problems
    }

    private func repeated(_ names: [String], _ key: String) -> [String] {
        var seen: Set<String> = []
        return names.enumerated().compactMap { index, name in
            if name.isEmpty { return "\(key)[\(index)].name is missing" }
            if name.hasPrefix(".") {
                return "\(key)[\(index)].name: \(visible(name)) would be a hidden folder"
            }
            return seen.insert(name).inserted
                ? nil : "\(key)[\(index)].name: there is another \(visible(name))"
        }
    }
}

extension TaskDefinition {
    fileprivate func inconsistencies(sequenceLength: Int) -> [String] {
        var problems: [String] = []
        for (key, path) in [("train", train), ("evaluate", evaluate)] {
            if path.isEmpty {
                problems.append(".\(key) is missing")
            } else if format(of: path) == nil {
                problems.append(
                    ".\(key): the name \(visible(path)) does not tell the format; set format")
            }
        }
        if let format, !format.fits(kind) {
            problems.append(".format: \(format.rawValue) does not hold \(kind.rawValue) data")
        }
        if let metric, !kind.metrics.contains(metric) {
            let names = kind.metrics.map(\.rawValue).joined(separator: ", ")
            problems.append(
                ".metric: \(metric.rawValue) does not measure \(kind.rawValue); use \(names)")
        }
        for (index, label) in labels.enumerated() where PythonText.trimmed(label) != label {
            problems.append(
                ".labels[\(index)]: \"\(visible(label))\" has white space at its ends, which no label "
                    + "of the data keeps; remove it")
        }
        if kind == .classification, labels.count == 1 {
            problems.append(".labels: there is one class only; list at least two")
        }
        if let problem = metricProblem(classes: labels.count), labels.count > 1 {
            problems.append(".metric: \(problem)")
        }
        if kind == .multipleChoice, columns.choices.isEmpty {
            problems.append(".columns.choices is missing")
        }
        if kind == .questionAnswering,
            let problem = windowSettings(maximumLength: self.sequenceLength ?? sequenceLength)
                .problem
        {
            problems.append(": \(problem)")
        }
        if !header.isEmpty, format(of: train)?.table == .jsonLines {
            problems.append(".header: JSON lines name their members themselves")
        }
        return problems
    }
}

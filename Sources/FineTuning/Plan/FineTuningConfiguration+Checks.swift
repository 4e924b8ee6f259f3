package import Formats

/// Constraints between keys.
extension FineTuningConfiguration {
    /// All violated constraints.
    package var inconsistencies: [Inconsistency] {
        var problems = emptyLists
        problems += repeated(tasks.map(\.name), "tasks")
        problems += repeated(checkpoints.map(\.name), "checkpoints")
        for (index, point) in checkpoints.enumerated() where point.path.isEmpty {
            let path = "checkpoints[\(index)].path"
            problems.append(Inconsistency(paths: [path], message: "\(path) is missing"))
        }
        for (index, task) in tasks.enumerated() {
            problems += task.inconsistencies("tasks[\(index)]", sequenceLength(of: task))
        }
        if trialCount > Self.maximumTrials {
            problems.append(
                Inconsistency(
                    paths: ["tasks", "checkpoints", "seeds", "learning_rates", "epochs"],
                    message: "\(trialCount) trials are more than \(Self.maximumTrials)"))
        }
        return problems
    }

    private var emptyLists: [Inconsistency] {
        [
            ("tasks", tasks.isEmpty, ""),
            ("checkpoints", checkpoints.isEmpty, " model to start from"),
            ("seeds", seeds.isEmpty, ""), ("learning_rates", learningRates.isEmpty, ""),
            ("epochs", epochs.isEmpty, ""),
        ].filter(\.1).map { key, _, what in
            Inconsistency(
                paths: [key], message: "\(key): there is none; list at least one\(what)")
        }
    }

    private func repeated(_ names: [String], _ key: String) -> [Inconsistency] {
        var seen: Set<String> = []
        return names.enumerated().compactMap { index, name in
            let path = "\(key)[\(index)].name"
            let message: String
            if name.isEmpty {
                message = "\(path) is missing"
            } else if name.hasPrefix(".") {
                message = "\(path): \(visible(name)) would be a hidden folder"
            } else if seen.insert(name).inserted {
                return nil
            } else {
                message = "\(path): there is another \(visible(name))"
            }
            return Inconsistency(paths: [path], message: message)
        }
    }
}

extension TaskDefinition {
    /// Violated constraints of the task at `path`, whose inputs have `sequenceLength` tokens.
    fileprivate func inconsistencies(_ path: String, _ sequenceLength: Int) -> [Inconsistency] {
        fileProblems(path) + classProblems(path)
            + kind.rules.problems(self, path, sequenceLength: sequenceLength)
    }

    /// Records a problem at the first of `keys`; `text` is a sentence that follows the key's path.
    func problem(_ path: String, _ keys: String..., text: String) -> Inconsistency {
        Inconsistency(
            paths: keys.map { "\(path).\($0)" }, message: "\(path).\(keys[0])\(text)")
    }

    private func fileProblems(_ path: String) -> [Inconsistency] {
        var problems: [Inconsistency] = []
        for (key, file) in [("train", train), ("evaluate", evaluate)] {
            if file.isEmpty {
                problems.append(problem(path, key, text: " is missing"))
            } else if format(of: file) == nil {
                problems.append(
                    problem(
                        path, key, "format", "kind",
                        text: ": the name \(visible(file)) does not tell the format; set format"))
            }
        }
        if let format, !kind.rules.fits(format) {
            problems.append(
                problem(
                    path, "format", "kind",
                    text: ": \(format.rawValue) does not hold \(kind.rawValue) data"))
        }
        if !header.isEmpty, format(of: train)?.table == .jsonLines {
            problems.append(
                problem(
                    path, "header", "format", "kind", "train",
                    text: ": JSON lines name their members themselves"))
        }
        return problems
    }

    private func classProblems(_ path: String) -> [Inconsistency] {
        var problems: [Inconsistency] = []
        if let metric, !kind.metrics.contains(metric) {
            let names = kind.metrics.map(\.rawValue).joined(separator: ", ")
            problems.append(
                problem(
                    path, "metric", "kind",
                    text: ": \(metric.rawValue) does not measure \(kind.rawValue); use \(names)"))
        }
        for (index, label) in labels.enumerated() where PythonText.trimmed(label) != label {
            problems.append(
                problem(
                    path, "labels[\(index)]",
                    text: ": \"\(visible(label))\" has white space at its ends, which no label "
                        + "of the data keeps; remove it"))
        }
        return problems
    }
}

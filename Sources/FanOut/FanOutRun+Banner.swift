import BERT
import Checkpointing
import ExitCoding
import FineTuning
import Models
import Reporting
import Tensors

extension FanOutRun {
    /// Lines for the start of the run.
    func banner(_ survey: FanOutSurvey, threads: Int, memory: Int) -> [(String, String)] {
        let trials = configuration.trialCount
        var items = [
            ("fan-out", "\(counted(trials, "trial")), results in \(directory.path)")
        ]
        for (index, start) in survey.starts.enumerated() {
            items.append((index == 0 ? "models" : "", start.summary))
        }
        for (index, survey) in survey.tasks {
            let task = configuration.tasks[index]
            let chance = survey.baseline?[task.decidingMetric].map {
                "; always the most frequent: \(task.decidingMetric.rawValue) "
                    + HumanFormat.fixed($0 * 100, decimals: 2)
            }
            items.append(
                (
                    index == 0 ? "tasks" : "",
                    "\(task.name): \(task.kind.rawValue), \(survey.summary)\(chance ?? "")"
                ))
        }
        items.append(
            (
                "ranks",
                "\(groups.summary), \(counted(threads, "thread")) each\(groups.spareNote)"
            ))
        items.append(("memory", "at most about \(HumanFormat.bytes(memory)) a rank"))
        return items
    }
}

extension StartingModel {
    /// "base: 12 layers of 768, 12 heads, vocabulary 30522: 109 M parameters, from Checkpoints/base".
    var summary: String {
        let count = ParameterLayout.fineTuning(configuration, .classification(classes: 2)).count
        let source = point.fromScratch ? "random weights, sizes of" : "from"
        return "\(point.name): \(configuration.summary(parameters: count)), "
            + "\(source) \(saved.path)"
    }
}

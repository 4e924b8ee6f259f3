import DurableFiles
import ExitCoding
import FineTuning

/// The directory of a fan-out: the plan, the results, the best models, and a folder for each trial.
struct FanOutDirectory {
    let path: String

    /// What tells such a directory from others.
    var plan: String { Paths.join(path, Self.planName) }
    private static let planName = "plan.json"
    private var models: String { Paths.join(path, "models") }

    /// Throws where something else lies at the path, which would be overwritten.
    func requireOwn() throws {
        guard try Paths.exists(path), try !Paths.exists(plan) else { return }
        // Parts of the fan-out may lie there, computed by other jobs.
        let names = try Paths.names(in: path).filter {
            try !$0.hasPrefix(".") && !Paths.exists(Paths.join(Paths.join(path, $0), Self.planName))
        }
        guard names.isEmpty else {
            throw FanOutError(
                "\(path) holds something else than a fan-out (there is no plan.json): nothing there "
                    + "is touched. Choose another --run or name, or delete it yourself",
                exitCode: ExitStatus.configuration)
        }
    }

    /// Finishes or takes back what a killed job left halfway. Nobody else may write here.
    func clean() throws {
        try PendingDirectory.removeStale(in: path)
        try PendingDirectory.removeStale(in: models, .all)
    }

    func readPlan() throws -> [UInt8]? {
        guard try Paths.exists(plan) else { return nil }
        return try WholeFiles.read(plan, maximumByteCount: TrialPlan.maximumStateBytes)
    }

    func write(_ state: TrialPlan) throws { try WholeFiles.writeAtomically(plan, state.state()) }

    /// Every key as it was resolved.
    func write(_ configuration: FineTuningConfiguration) throws {
        try WholeFiles.writeAtomically(Paths.join(path, "config.yaml"), configuration.yaml)
    }

    func write(
        _ results: FineTuningResults, _ plan: TrialPlan, _ configuration: FineTuningConfiguration
    ) throws {
        try WholeFiles.writeAtomically(
            Paths.join(path, "results.json"), results.json(plan, configuration) + [10])
        try WholeFiles.writeAtomically(
            Paths.join(path, "results.md"), results.markdown(configuration))
    }

    /// Moves the model of a trial to the place of its task's best.
    func promote(_ trial: Trial, task: String) throws {
        let target = Paths.join(models, task)
        guard
            try Paths.kind(of: target) == .missing
                || Paths.exists(Paths.join(target, FineTunedTask.fileName))
        else {
            throw FileError(
                .inputOutput, target,
                "is no fine-tuned model (there is no \(FineTunedTask.fileName)), and is not replaced; "
                    + "move it away")
        }
        try PendingDirectory.replace(target, with: TrialDirectory(path, trial).model)
    }
}

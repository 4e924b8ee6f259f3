import DurableFiles
import ExitCoding
import FineTuning

/// Directory of a fan-out: the plan, the results, the best models, and a folder for each trial.
///
/// Every writer first verifies that this job still holds the directory's lock.
struct FanOutDirectory {
    let path: String
    /// The job's lock on the directory; nil before it is locked.
    var lock: LockWitness?

    init(path: String) { self.path = path }

    /// Path of the plan, which distinguishes such a directory from others.
    var plan: String { Paths.join(path, Self.planName) }
    private static let planName = "plan.json"
    private var models: String { Paths.join(path, "models") }

    /// Throws if the path contains something else, which would be overwritten.
    func requireOwn() throws {
        guard try Paths.exists(path), try !Paths.exists(plan) else { return }
        // It may contain parts of the fan-out computed by other jobs.
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

    /// Folder of a trial.
    func directory(of trial: Trial) -> TrialDirectory { TrialDirectory(self, trial) }

    /// Verifies that this job still holds the directory's lock. Losing it ends the job and is not a
    /// trial's fault.
    ///
    /// - Throws: `CoordinatorError` if the lock is lost; `FileError` if it cannot be read now,
    ///   which only prevents the current write.
    func requireLock() throws {
        do {
            try lock?.requireHeld()
        } catch let error as LostLockError {
            throw CoordinatorError(cause: error)
        }
    }

    /// Completes or reverts what a killed job left unfinished. No other job may be writing here.
    func clean() throws {
        try requireLock()
        try PendingDirectory.removeStale(in: path)
        try PendingDirectory.removeStale(in: models, .all)
        // The folder of a trial that is done, or no longer listed, is not opened again.
        try cleanTrials(Paths.join(path, "trials"), levels: Self.keyParts)
    }

    /// Number of names in a trial's key, each of which is a folder.
    private static let keyParts = 3

    private func cleanTrials(_ directory: String, levels: Int) throws {
        guard try Paths.isDirectory(directory) else { return }
        guard levels > 0 else {
            try PendingDirectory.removeStale(in: directory, .all)
            return
        }
        for name in try Paths.names(in: directory) where !name.hasPrefix(".") {
            try cleanTrials(Paths.join(directory, name), levels: levels - 1)
        }
    }

    func readPlan() throws -> [UInt8]? {
        guard try Paths.exists(plan) else { return nil }
        return try WholeFiles.read(plan, maximumByteCount: TrialPlan.maximumStateBytes)
    }

    func write(_ state: TrialPlan) throws {
        try requireLock()
        try WholeFiles.writeAtomically(plan, state.state())
    }

    /// Writes every key as resolved.
    func write(_ configuration: FineTuningConfiguration) throws {
        try requireLock()
        try WholeFiles.writeAtomically(Paths.join(path, "config.yaml"), configuration.yaml)
    }

    func write(
        _ results: FineTuningResults, _ plan: TrialPlan, _ configuration: FineTuningConfiguration
    ) throws {
        try requireLock()
        try WholeFiles.writeAtomically(
            Paths.join(path, "results.json"), results.json(plan, configuration) + [10])
        try WholeFiles.writeAtomically(
            Paths.join(path, "results.md"), results.markdown(configuration))
    }

    /// Path of a task's best model.
    func model(of task: String) -> String { Paths.join(models, task) }

    /// Moves the model of a trial to the path of its task's best model.
    func promote(_ trial: Trial, task: String) throws {
        try requireLock()
        let target = model(of: task)
        guard
            try Paths.kind(of: target) == .missing
                || Paths.exists(Paths.join(target, FineTunedTask.fileName))
        else {
            throw FileError(
                .inputOutput, target,
                "is no fine-tuned model (there is no \(FineTunedTask.fileName)), and is not replaced; "
                    + "move it away")
        }
        try PendingDirectory.replace(target, with: directory(of: trial).model)
    }
}

import BERT
import Checkpointing
import DurableFiles
import ExitCoding
public import FineTuning
public import MPI
public import Reporting
import Runtime
import Tensors

/// Check of a fan-out before it starts: everything that would keep its trials from starting, the
/// content of its data, and its number of trials.
public struct FineTuningCheck {
    /// The findings.
    public private(set) var report = CheckReport()

    private let configuration: FineTuningConfiguration
    private let threads: Int

    /// Checks the fan-out of `configuration` into `directory`, which is left alone.
    ///
    /// - Parameters:
    ///   - ranks: of the job.
    ///   - alone: this rank alone, which does all of it.
    public init(
        _ configuration: FineTuningConfiguration, directory: String, ranks: Int,
        alone: Communicator
    ) throws {
        self.configuration = configuration
        threads = try ThreadPlan.threads(.auto, communicator: alone)
        describe(directory, ranks: ranks)
        // The other ranks wait.
        try Watchdog.working(on: "the check of the files") { try inspectFiles(directory) }
    }

    private mutating func inspectFiles(_ directory: String) throws {
        attempt { try FanOutDirectory(path: directory).requireOwn() }
        try findMissing()
        var starts: [StartingModel] = []
        for point in configuration.checkpoints where try Paths.exists(point.path) {
            var notices: [String] = []
            let start = attempt { try StartingModel(opening: point) { notices.append($0) } }
            for notice in notices { report.warn(notice) }
            if let start { starts.append(start) }
        }
        try inspect(starts)
    }

    @discardableResult
    private mutating func attempt<Result>(_ body: () throws -> Result) -> Result? {
        do {
            return try body()
        } catch {
            report.add(
                .init(FanOutError.text(of: error), exitCode: ExitStatus.of(error)))
            return nil
        }
    }

    private mutating func describe(_ directory: String, ranks: Int) {
        let groups = RankGroups(ranks: ranks, ranksPerTrial: configuration.ranksPerTrial)
        report.line("results", directory)
        report.line(
            "trials",
            "\(configuration.trialCount): \(HumanFormat.counted(configuration.tasks.count, "task")), "
                + "\(HumanFormat.counted(configuration.checkpoints.count, "model")), "
                + "\(HumanFormat.counted(configuration.seeds.count, "seed")); on "
                + "\(groups.summary), \(HumanFormat.counted(threads, "thread")) each"
                + groups.spareNote)
        report.set("directory", directory)
        report.set("trials", configuration.trialCount)
        report.set("ranks", ranks)
    }

    private mutating func findMissing() throws {
        for task in configuration.tasks {
            for path in [task.train, task.evaluate] where try !Paths.exists(path) {
                report.add(
                    .init(
                        "task \(task.name): there is no file \(path)",
                        exitCode: ExitStatus.missingInput))
            }
        }
        for point in configuration.checkpoints where try !Paths.exists(point.path) {
            report.add(
                .init("checkpoints: there is no \(point.path)", exitCode: ExitStatus.missingInput))
        }
    }

    /// Reads the data of all tasks whose files are there, and looks whether the models can take them.
    private mutating func inspect(_ starts: [StartingModel]) throws {
        let (configuration, threads) = (configuration, threads)
        var found: [(task: TaskDefinition, data: TaskData)] = []
        for task in configuration.tasks
        where try Paths.exists(task.train) && Paths.exists(task.evaluate) {
            for (index, start) in starts.enumerated() {
                if let misfit = FanOutSurvey.misfit(task, of: configuration, start) {
                    attempt { () throws -> Void in throw misfit }
                }
                attempt {
                    try TrialMemory(task, of: configuration, from: start, threads: threads)
                        .check(task.name, .ofThisProcess)
                }
                let data = attempt {
                    try TaskData.load(
                        task, tokenizer: start.tokenizer,
                        sequenceLength: configuration.sequenceLength)
                }
                guard index == 0, let data else { continue }
                for note in data.notes { report.warn("task \(task.name): \(note)") }
                describe(task, data)
                found.append((task, data))
            }
        }
        let length = length
        report.set("tasks", found) { found, inner in
            inner.set("name", found.task.name)
            inner.set("train_inputs", found.data.train.inputCount)
            inner.set("evaluate_inputs", found.data.evaluate.inputCount)
            inner.set("labels", found.data.labels.count)
            inner.set("full_share", found.data.train.share(ofLength: length(found.task)))
        }
    }

    /// The most tokens of an input of a task.
    private var length: (TaskDefinition) -> Int {
        { [configuration] in $0.sequenceLength ?? configuration.sequenceLength }
    }

    private mutating func describe(_ task: TaskDefinition, _ data: TaskData) {
        let length = length(task)
        let full = data.train.share(ofLength: length)
        let labels =
            data.labels.count > 0 ? ", \(HumanFormat.counted(data.labels.count, "label"))" : ""
        report.line(
            "task \(task.name)",
            "\(task.kind.rawValue)\(labels); \(data.train.inputCount) training and "
                + "\(data.evaluate.inputCount) evaluation inputs; \(HumanFormat.percent(full)) take "
                + "all \(length) tokens, and what is longer is cut")
    }
}

extension TaskExamples {
    /// The share of inputs that have so many tokens.
    fileprivate func share(ofLength length: Int) -> Double {
        let lengths: [Int] =
            switch self {
            case .sequences(let examples): examples.map(\.input.tokenIDs.count)
            case .choices(let examples): examples.flatMap { $0.inputs.map(\.tokenIDs.count) }
            case .tagging(let examples): examples.map(\.input.tokenIDs.count)
            // A long context is cut into windows, and nothing is lost.
            case .questions: []
            }
        return lengths.isEmpty
            ? 0 : Double(lengths.count { $0 >= length }) / Double(lengths.count)
    }
}

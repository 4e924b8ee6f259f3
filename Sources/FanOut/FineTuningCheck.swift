import Distributed
import DurableFiles
import ExitCoding
public import FineTuning
public import Formats
public import MPI
import Models
public import Reporting
import Runtime

/// Preflight check of a fan-out: everything that would prevent its trials from starting, the
/// content of its data, and its memory, time and disk space.
public struct FineTuningCheck {
    /// Findings, on rank 0.
    public private(set) var report = CheckReport()

    private let configuration: FineTuningConfiguration
    private let unread: UnreadKeys
    /// Directory of the results; nil if the intended one is unknown.
    private let directory: String?
    private let groups: RankGroups
    private let threads: Int
    private let communicator: Communicator
    /// Whether the fan-out is intended for a different number of ranks than those that check it.
    private let isForeseen: Bool

    /// Checks the fan-out that a configuration describes, without changing its directory.
    /// Collective.
    ///
    /// - Parameters:
    ///   - reading: the configuration; if it has problems, the valid part is checked.
    ///   - directory: directory of the results; nil takes that of the configuration.
    ///   - ranks: number of ranks of the job; nil takes those of `communicator`.
    ///   - measures: whether steps are run to estimate the time.
    /// - Throws: errors of the ranks themselves, such as `MPIError` or different configurations;
    ///   problems of the fan-out are in the report.
    public init(
        _ reading: ConfigurationReading<FineTuningConfiguration>, directory: String?, ranks: Int?,
        measures: Bool, communicator: Communicator
    ) throws {
        configuration = reading.settings
        unread = reading.unread
        let isMeant = !["name", "directory"].contains(where: reading.unread.affect)
        self.directory = directory ?? (isMeant ? configuration.resultsDirectory : nil)
        report.add(
            reading.problems.map { .init($0.description, exitCode: ExitStatus.configuration) })
        self.communicator = communicator
        let count = ranks ?? communicator.size
        isForeseen = count != communicator.size
        groups = RankGroups(ranks: count, ranksPerTrial: configuration.ranksPerTrial)
        var inputs = SharedInputs()
        inputs.add(configuration)
        try inputs.requireEqual(among: communicator)
        threads = try ThreadPlan.threads(.auto, communicator: communicator)
        let memory =
            isForeseen ? MemoryShare.ofThisProcess : try MemoryShare(among: communicator)
        let ownDirectory = self.directory
        // The others wait, because checking the files once is enough.
        let survey =
            communicator.rank == 0
            ? Watchdog.working(on: "checking the files") { [configuration, unread] in
                FanOutSurvey(
                    configuration, directory: ownDirectory.map { FanOutDirectory(path: $0) },
                    unread: unread)
            } : nil
        let most = survey.map { describe($0, memory) } ?? 0
        let largest = Int(try communicator.broadcast(Int64(most)))
        try checkEveryRank(memory, largest)
        let isSound = try !Agreement(among: communicator).anyTrue(!report.problems.isEmpty)
        if isSound, measures, try canMeasure(largest) { try measure(survey?.works ?? []) }
    }

    /// Whether the ranks that are here hold the largest trial, each one; a warning where they do
    /// not. Collective.
    private mutating func canMeasure(_ largest: Int) throws -> Bool {
        guard isForeseen else { return true }
        let present = try MemoryShare(among: communicator)
        guard try Agreement(among: communicator).anyTrue(largest > present.bytes) else {
            return true
        }
        report.warn(
            "the time was not measured: \(communicator.size) ranks at once would need more memory "
                + "than there is; run check with fewer ranks")
        return false
    }

    /// Reports rank 0's findings.
    ///
    /// - Returns: the memory of the largest trial on a rank, in bytes.
    private mutating func describe(_ survey: FanOutSurvey, _ memory: MemoryShare) -> Int {
        report.add(survey.problems)
        for notice in survey.notices + survey.dataNotices { report.warn(notice) }
        describeTrials()
        for (index, start) in survey.starts.enumerated() {
            report.line(index == 0 ? "models" : "", start.summary)
        }
        for (index, task) in survey.tasks {
            describe(configuration.tasks[index], task, survey.works.first { $0.taskIndex == index })
        }
        let hasSchedule = hasSchedule
        report.set("tasks", survey.tasks) { found, inner in
            Self.set(
                found.survey, survey.works.first { $0.taskIndex == found.index },
                hasSchedule: hasSchedule, in: &inner)
        }
        // Estimates that depend on an unknown setting would not hold for the intended one.
        guard !["precision", "micro_batch_size"].contains(where: unread.affect) else { return 0 }
        let most = checkMemory(survey, memory)
        if report.problems.isEmpty {
            report.line("memory", "at most about \(HumanFormat.bytes(most)) a rank")
            report.set("memory_bytes_per_rank", most)
            if let directory {
                describe(FanOutDisk(survey.works, configuration, groups: groups), directory)
            }
        }
        return most
    }

    /// Whether everything that determines the steps of a trial is known.
    private var hasSchedule: Bool {
        !["seeds", "learning_rates", "epochs", "batch_size", "early_stopping"]
            .contains(where: unread.affect)
    }

    private mutating func describeTrials() {
        if let directory {
            report.line("results", directory)
            report.set("directory", directory)
        }
        guard
            !["tasks", "checkpoints", "seeds", "learning_rates", "epochs", "ranks_per_trial"]
                .contains(where: unread.affect)
        else { return }
        report.line(
            "trials",
            "\(configuration.trialCount): \(counted(configuration.tasks.count, "task")), "
                + "\(counted(configuration.checkpoints.count, "model")), "
                + "\(counted(configuration.seeds.count, "seed")); on "
                + "\(groups.summary), \(counted(threads, "thread")) each"
                + groups.spareNote)
        report.set("trials", configuration.trialCount)
        report.set("ranks", groups.ranks)
        report.set("groups", groups.count)
        report.set("threads", threads)
    }

    /// Reports a task's data, and the steps of its trials.
    ///
    /// - Parameter work: that with its first model; nil if no model could be opened.
    private mutating func describe(_ task: TaskDefinition, _ survey: TaskSurvey, _ work: TaskWork?)
    {
        let title = "task \(task.name)"
        guard let work, hasSchedule else {
            return report.line(title, "\(task.kind.rawValue), \(survey.summary)")
        }
        report.line(
            title,
            "\(task.kind.rawValue), \(survey.summary); \(HumanFormat.percent(work.fullShare)) take "
                + "all \(configuration.sequenceLength(of: task)) tokens, and what is longer is cut")
        let schedules = work.schedules.map { epochs, plan in
            "\(counted(epochs, "epoch")): \(counted(plan.count, "step")), "
                + counted(plan.evaluations.count, "evaluation")
        }
        report.line(
            "",
            "\(counted(work.trialCount, "trial")) a model; "
                + "\(counted(work.plan(epochs: 1).perEpoch, "step")) an epoch, of "
                + "\(counted(configuration.batchSize(of: task), "example")); "
                + schedules.joined(separator: "; "))
    }

    private static func set(
        _ survey: TaskSurvey, _ work: TaskWork?, hasSchedule: Bool, in report: inout CheckReport
    ) {
        report.set("name", survey.name)
        report.set("train_inputs", survey.trainInputs)
        report.set("evaluate_inputs", survey.evaluateInputs)
        report.set("labels", survey.classes)
        guard let work else { return }
        report.set("full_share", work.fullShare)
        guard hasSchedule else { return }
        report.set("trials_per_model", work.trialCount)
        report.set("steps_per_epoch", work.plan(epochs: 1).perEpoch)
        report.set("schedules", work.schedules) { schedule, inner in
            inner.set("epochs", schedule.epochs)
            inner.set("steps", schedule.plan.count)
            inner.set("evaluations", schedule.plan.evaluations.count)
        }
    }

    /// Adds a problem for every trial that does not fit into memory: exact if its data could be
    /// read, otherwise as far as it is known.
    private mutating func checkMemory(_ survey: FanOutSurvey, _ memory: MemoryShare) -> Int {
        var most = 0
        for (index, task) in configuration.tasks.enumerated() {
            for start in survey.starts {
                let work = survey.works.first {
                    $0.taskIndex == index && $0.start.point.name == start.point.name
                }
                guard
                    let needed = work?.memory(threads: threads)
                        ?? roughMemory(index, task, start)
                else { continue }
                do {
                    most = max(most, try needed.check(task.name, memory))
                } catch {
                    report.add(.init("\(error)", exitCode: ExitStatus.of(error)))
                }
            }
        }
        return most
    }

    /// Memory of trials of a task whose data could not be read; nil if its settings are unknown.
    private func roughMemory(
        _ index: Int, _ task: TaskDefinition, _ start: StartingModel
    ) -> TrialMemory? {
        guard !["tasks[\(index)]", "sequence_length"].contains(where: unread.affect) else {
            return nil
        }
        return TrialMemory(task, of: configuration, from: start, threads: threads)
    }

    /// Adds a problem if another rank has less memory than the largest trial needs. Collective.
    private mutating func checkEveryRank(_ memory: MemoryShare, _ most: Int) throws {
        guard !isForeseen else { return }
        do {
            try Agreement(among: communicator).throwingTogether {
                try memory.check(
                    most, of: "the largest trial",
                    advice: "lower micro_batch_size or sequence_length, or start fewer ranks")
            }
        } catch let failure as Agreement.Failure {
            if communicator.rank == 0, report.problems.isEmpty {
                report.add(.init("\(failure)", exitCode: failure.exitCode))
            }
        }
    }

    /// Free bytes where `directory` lies; nil, and a warning, where the file system does not tell.
    private mutating func freeBytes(at directory: String) -> Int? {
        do {
            return try FreeSpace.bytes(at: directory)
        } catch {
            report.warn("the free space is not known: \(error)")
            return nil
        }
    }

    private mutating func describe(_ disk: FanOutDisk, _ directory: String) {
        report.set("model_bytes", disk.models)
        report.set("state_bytes", disk.states)
        report.set("disk_bytes", disk.total)
        var text =
            "up to \(HumanFormat.bytes(disk.total)): "
            + "\(HumanFormat.bytes(disk.models)) for the best model of "
            + (configuration.tasks.count == 1 ? "the task" : "each task")
            + ", \(HumanFormat.bytes(disk.states)) for the states of running trials "
            + "(\(disk.running) at a time), "
            + "\(HumanFormat.bytes(disk.curves)) for curves"
        if let free = freeBytes(at: directory) {
            text += "; \(HumanFormat.bytes(free)) are free"
            report.set("free_bytes", free)
            if free < disk.total {
                report.warn(
                    "the fan-out will take up to \(HumanFormat.bytes(disk.total)), and "
                        + "\(HumanFormat.bytes(free)) are free where \(directory) lies: set directory, "
                        + "or start fewer groups of ranks")
            }
        }
        report.line("disk", text)
    }

    /// Runs some steps of every task from every model, on all ranks.
    private mutating func measure(_ works: [TaskWork]) throws {
        let time = try FanOutTime(
            works, configuration, groups: groups, threads: threads, communicator: communicator)
        let hasManyRanks = groups.size > 1
        let patience = configuration.earlyStopping.patience
        report.line(
            "time",
            "about \(HumanFormat.duration(time.total)) for all trials"
                + (patience > 0 ? ", fewer where they stop early" : "")
                + (hasManyRanks ? ", without the time that ranks of a group communicate" : ""))
        for one in time.measured {
            let trials = one.work.schedules.map {
                "\(HumanFormat.duration(one.trial($0.plan))) for "
                    + counted($0.epochs, "epoch")
            }
            report.line(
                "",
                "\(one.work.task.name) from \(one.work.start.point.name): "
                    + "\(HumanFormat.duration(one.step)) a step, "
                    + "\(HumanFormat.duration(one.evaluation)) an evaluation; a trial "
                    + trials.joined(separator: ", "))
        }
        report.set("estimated_seconds", time.total)
        report.set("measurements", time.measured) { one, inner in
            inner.set("task", one.work.task.name)
            inner.set("model", one.work.start.point.name)
            inner.set("seconds_per_step", one.step)
            inner.set("seconds_per_evaluation", one.evaluation)
        }
    }
}

import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import ExitCoding
public import Formats
import Kernels
public import MPI
import Models
import Optimization
public import Reporting
import Runtime
import Tensors

/// Preflight check of a pre-training run: everything that would end it, and its memory, time and
/// disk space.
public struct PretrainingCheck {
    /// Findings, on rank 0.
    public private(set) var report = CheckReport()

    private let options: RunOptions
    private let unread: UnreadKeys
    /// Whether the run directory is the intended one.
    private let knowsDirectory: Bool
    private let ranks: Int
    private let communicator: Communicator
    /// Whether the run is intended for a different number of ranks than those that check it.
    private let isForeseen: Bool

    /// Time budget in seconds for measuring the steps of a phase, twice.
    private static let budget = 1.5

    /// Checks the run that a configuration describes, without changing its directory. Collective.
    ///
    /// - Parameters:
    ///   - reading: the configuration; if it has problems, the valid part is checked.
    ///   - directory: run directory; nil takes that of the configuration.
    ///   - ranks: number of ranks of the run; nil takes those of `communicator`.
    ///   - measures: whether steps are run to estimate the time.
    /// - Throws: `MPIError`, and if ranks have different configurations; problems of the run are in
    ///   the report.
    public init(
        _ reading: ConfigurationReading<RunConfiguration>, directory: String?, ranks: Int?,
        measures: Bool, communicator: Communicator
    ) throws {
        options = RunOptions(configuration: reading.settings, directory: directory)
        unread = reading.unread
        knowsDirectory = directory != nil || !reading.unread.affect("run")
        try options.requireEqual(among: communicator)
        report.add(
            reading.problems.map { .init($0.description, exitCode: ExitStatus.configuration) })
        self.ranks = ranks ?? communicator.size
        self.communicator = communicator
        isForeseen = ranks != nil && ranks != communicator.size
        let threads = try ThreadPlan.threads(
            options.configuration.parallel.threads, communicator: communicator)
        let memory =
            isForeseen ? MemoryShare.ofThisProcess : try MemoryShare(among: communicator)
        // The others wait, because checking the files once is enough.
        if communicator.rank == 0 {
            Watchdog.working(on: "checking the files") { inspect(threads, memory) }
        }
        let isSound = try !Agreement(among: communicator).anyTrue(!report.problems.isEmpty)
        if isSound, measures { try measure() }
    }

    private mutating func inspect(_ threads: Int, _ memory: MemoryShare) {
        var inspection = RunInspection(
            options, ranks: ranks, unread: unread, knowsDirectory: knowsDirectory)
        if knowsDirectory { describe(inspection.resumption) }
        for notice in inspection.notices { report.warn(notice) }
        if let setup = inspection.setup, !inspection.phases.isEmpty,
            inspection.knows("precision", "parallel")
        {
            let capacity = RunParts.capacity(inspection.phases)
            let (configuration, ranks) = (options.configuration, ranks)
            inspection.attempt {
                try PretrainingRun.check(
                    memory, configuration, setup, capacity, threads: threads, ranks: ranks)
            }
            // Estimates for settings other than the intended ones are useless.
            if unread.isEmpty { describe(setup, inspection.phases, threads) }
        }
        report.add(inspection.problems)
    }

    private mutating func describe(_ resumption: Resumption) {
        for notice in resumption.notices { report.warn(notice) }
        let start = resumption.checkpoint.map { "resumes from \($0.path)" } ?? "starts at step 0"
        report.line("run", "\(options.configuration.run.name) in \(options.directory), \(start)")
        report.set("run", options.configuration.run.name)
        report.set("directory", options.directory)
        report.set("resume_step", resumption.checkpoint?.step ?? 0)
    }

    private mutating func describe(
        _ setup: ModelSetup, _ phases: [PretrainingPhase], _ threads: Int
    ) {
        let parameters = ParameterLayout.pretraining(setup.configuration).count
        describe(phases, of: setup.configuration, parameters: parameters, threads: threads)
        describeMemory(
            PretrainingRun.memoryNeeded(
                options.configuration, setup, RunParts.capacity(phases), threads: threads,
                ranks: ranks), parameters: parameters)
        describeCheckpoints(parameters: parameters)
    }

    private mutating func describe(
        _ phases: [PretrainingPhase], of model: BERTConfiguration, parameters: Int, threads: Int
    ) {
        let configuration = options.configuration
        report.line(
            "ranks",
            "\(counted(ranks, "rank")) x \(counted(threads, "thread"))")
        report.line("model", model.summary(parameters: parameters))
        report.set("ranks", ranks)
        report.set("threads", threads)
        report.set("parameters", parameters)
        report.set("total_steps", configuration.totalSteps)
        for (index, phase) in phases.enumerated() {
            let title = phases.count == 1 ? "data" : "phase \(index)"
            let (steps, epochs) = (phase.configuration.schedule.totalSteps, Self.epochs(phase))
            let batch = phase.configuration.batch
            report.line(
                title,
                "\(phase.data.summary); \(counted(steps, "step")) of "
                    + "\(counted(batch.global, "sequence")) of up to "
                    + "\(phase.source.maximumLength) tokens: \(HumanFormat.fixed(epochs, decimals: 1)) "
                    + "epochs; up to \(batch.share(rank: 0, ranks: ranks)) sequences a rank in "
                    + counted(
                        batch.accumulation(ranks: ranks), "micro-batch", "micro-batches"))
        }
        report.set("phases", phases) { phase, inner in
            inner.set("steps", phase.configuration.schedule.totalSteps)
            inner.set("epochs", Self.epochs(phase))
            inner.set("samples_per_epoch", phase.source.sampleCount(epoch: 0))
            inner.set("global_batch", phase.configuration.batch.global)
            inner.set("maximum_length", phase.source.maximumLength)
        }
    }

    /// Epochs over the data; infinite if it yields no sample.
    private static func epochs(_ phase: PretrainingPhase) -> Double {
        Double(phase.configuration.schedule.totalSteps) * Double(phase.configuration.batch.global)
            / Double(phase.source.sampleCount(epoch: 0))
    }

    /// Reports the maximum memory of a rank, including rank 0's copy for checkpoints.
    private mutating func describeMemory(_ needed: Int, parameters: Int) {
        let copy =
            options.configuration.checkpoint.background
            ? (parameters + 2 * (parameters / ranks)) * MemoryLayout<Float>.stride : 0
        let bytes = ProcessMemory.resident + needed + copy
        report.line("memory", "about \(HumanFormat.bytes(bytes)) a rank")
        report.set("memory_bytes_per_rank", bytes)
    }

    private mutating func describeCheckpoints(parameters: Int) {
        let settings = options.configuration.checkpoint
        let steps = options.configuration.totalSteps
        let bytes = 3 * parameters * MemoryLayout<Float>.stride
        let all = 1 + (settings.everySteps > 0 ? (steps - 1) / settings.everySteps : 0)
        // One more exists while a new one is written.
        let newest = settings.keepLast == 0 ? all : min(all, settings.keepLast + 1)
        let forGood = settings.keepEvery > 0 ? steps / settings.keepEvery : 0
        let kept = min(all, newest + forGood + (settings.keepBest ? 1 : 0))
        report.set("checkpoint_bytes", bytes)
        report.set("checkpoints_kept", kept)
        var text =
            "\(HumanFormat.bytes(bytes)) a checkpoint, up to \(kept) at a time: "
            + HumanFormat.bytes(kept * bytes)
        if let free = freeBytes {
            text += "; \(HumanFormat.bytes(free)) are free"
            report.set("free_bytes", free)
            if free < kept * bytes {
                report.warn(
                    "checkpoints will take up to \(HumanFormat.bytes(kept * bytes)), and "
                        + "\(HumanFormat.bytes(free)) are free where \(options.directory) lies: lower "
                        + "checkpoint.keep_last, or set run.directory")
            }
        }
        report.line("disk", text)
    }

    /// Runs some steps of the run's own model, on all ranks.
    private mutating func measure() throws {
        do {
            let run = try PretrainingRun(options, communicator: communicator)
            // They were just verified with everything else.
            run.shardVerification.trust()
            run.model.initialize(seed: options.configuration.run.seed)
            let seconds = try run.phases.map {
                try run.secondsPerStep($0, ranks: ranks, budget: Self.budget)
            }
            describeTime(run.phases, seconds)
        } catch let failure as Agreement.Failure {
            // Ranks that do not exist here may have to hold less.
            if isForeseen {
                report.warn("no step could be measured: \(failure.message)")
            } else {
                report.add(.init(failure.message, exitCode: failure.exitCode))
            }
        }
    }

    private mutating func describeTime(_ phases: [PretrainingPhase], _ seconds: [Double]) {
        let total = zip(phases, seconds).reduce(0) {
            $0 + Double($1.0.configuration.schedule.totalSteps) * $1.1
        }
        let steps = seconds.map { HumanFormat.duration($0) }.joined(separator: ", ")
        report.line(
            "time",
            "about \(HumanFormat.duration(total)) of training: \(steps) a step"
                + (phases.count > 1 ? " in each phase" : "")
                + (isForeseen ? ", without the time that \(ranks) ranks take to communicate" : ""))
        report.set("estimated_seconds", total)
        report.set("seconds_per_step", seconds) { value, inner in inner.set("seconds", value) }
    }

    /// Free bytes where the run lies; nil, and a warning, where the file system does not tell.
    private var freeBytes: Int? {
        mutating get {
            do {
                return try FreeSpace.bytes(at: options.directory)
            } catch {
                report.warn("the free space is not known: \(error)")
                return nil
            }
        }
    }
}

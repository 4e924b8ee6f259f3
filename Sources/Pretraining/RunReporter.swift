import BERT
import Checkpointing
import Corpus
import Distributed
import DurableFiles
import MPI
import OperatingSystem
import Reporting
import Runtime
import Tensors

/// The coordinator's output: console, `metrics.jsonl`, TensorBoard events and `summary.json`.
final class RunReporter {
    private let console: ConsoleReporter
    private let metrics: MetricsLog
    private let tensorBoard: TensorBoardLog
    private let directory: String
    private let name: String
    private let totalSteps: Int
    private let ranks: Int
    private let threads: Int
    private let parameters: Int
    private let startTime = MonotonicClock.seconds
    private let startTokens: Int
    /// Peak operations per second of matrix products, over all ranks.
    private let peak: Double
    private let memoryForecast: Int
    private let next: NextCommands
    private var operations = 0.0
    private var reduction = ReductionStatistics()
    private var trainingSeconds = 0.0
    private var logsFail = false

    private static let finished = "finished"
    private var lastStep: StepRecord?
    /// Evaluations, including those of earlier attempts.
    private(set) var history = EvaluationHistory()

    init(
        _ run: PretrainingRun, peak: Double, resumedFrom path: String?, notices: [String]
    ) throws {
        self.peak = peak
        memoryForecast = run.memoryForecast
        directory = run.options.directory
        name = run.options.configuration.run.name
        totalSteps = run.options.configuration.totalSteps
        ranks = run.communicator.size
        next = NextCommands(run.options, ranks: ranks)
        threads = run.threads
        parameters = run.model.layout.count
        startTokens = run.state.tokens
        console = ConsoleReporter()
        metrics = try MetricsLog(
            directory: directory, resumingAt: run.state.step, samples: run.state.samples)
        tensorBoard = try TensorBoardLog(directory: directory, resumingAt: run.state.step)
        try recall(step: run.state.step, isOwn: run.keeper.lastStep == run.state.step)
        console.banner(run.banner(peak: peak))
        for notice in notices { console.warning(notice) }
        if let path {
            console.note(
                "resuming from \(path): step \(run.state.step) of \(totalSteps), "
                    + "\(HumanFormat.count(run.state.samples)) samples seen, epoch "
                    + "\(run.state.epoch), place \(run.state.positionInEpoch)")
            try metrics.append(
                .resume(
                    ResumeRecord(step: run.state.step, path: path, samples: run.state.samples)))
        }
    }

    /// Restores the log's last update, which a run without remaining work reports, and its
    /// evaluations.
    private func recall(step: Int, isOwn: Bool) throws {
        let path = Paths.join(directory, MetricsLog.name)
        for case .step(let record) in try MetricsLog.lastEvents(path) { lastStep = record }
        history.recall(try MetricsLog.evaluations(path), step: step, isOwn: isOwn)
    }

    func step(
        _ outcome: StepOutcome, state: TrainingState, learningRate: Double, seconds: Double
    ) {
        count(outcome, seconds: seconds)
        let record = StepRecord(
            step: state.step, totalSteps: totalSteps, loss: outcome.loss,
            mlmLoss: outcome.maskedLoss, nspLoss: outcome.nextSentenceLoss,
            mlmAccuracy: Double(outcome.maskedCorrect) / Double(max(outcome.masked, 1)),
            nspAccuracy: Double(outcome.nextSentenceCorrect) / Double(max(outcome.sequences, 1)),
            learningRate: learningRate, gradientNorm: outcome.gradientNorm,
            lossScale: outcome.lossScale, samples: state.samples, tokens: state.tokens,
            tokensPerSecond: Double(outcome.tokens) / seconds, stepSeconds: seconds,
            overlap: ranks > 1 ? outcome.reduction.overlap : nil,
            mfu: utilization(outcome.operations, seconds))
        lastStep = record
        console.step(record)
        log(.step(record))
    }

    private func count(_ outcome: StepOutcome, seconds: Double) {
        trainingSeconds += seconds
        operations += outcome.operations
        reduction.add(outcome.reduction)
    }

    /// Ratio of `operations` to those possible at peak in `seconds`.
    private func utilization(_ operations: Double, _ seconds: Double) -> Double? {
        peak > 0 && seconds > 0 ? operations / (peak * seconds) : nil
    }

    /// Reports a skipped update.
    func skip(_ record: SkipRecord, _ outcome: StepOutcome, seconds: Double) {
        count(outcome, seconds: seconds)
        console.warning(
            "update \(record.step) overflowed at loss scale \(record.lossScale) and is skipped; "
                + "retrying with the next batch at \(record.nextLossScale)"
                + (record.cause.isEmpty ? "" : ". \(record.cause)"))
        log(.skip(record))
    }

    func evaluation(_ record: EvaluationRecord) {
        // A run killed right after logging its last evaluation evaluates again.
        let isLogged = history.add(record)
        console.evaluation(record)
        if !isLogged { log(.evaluation(record)) }
        // Scores determine which checkpoints are retained.
        do { try metrics.sync() } catch { console.warning("the log may be incomplete: \(error)") }
    }

    func checkpoint(_ record: CheckpointRecord) {
        console.note(
            "checkpoint \(record.path): \(HumanFormat.bytes(record.bytes)) in "
                + "\(HumanFormat.fixed(record.seconds, decimals: 2)) s, of which training waited "
                + "\(HumanFormat.fixed(record.stalledSeconds, decimals: 2)) s")
        log(.checkpoint(record))
    }

    func warning(_ text: String) { console.warning(text) }

    /// Reports an early end. The checkpoint is already written, so any failure here is only a
    /// warning.
    func preempted(state: TrainingState, reason: String, checkpoint: String) {
        console.finish()
        log(.preempt(PreemptRecord(step: state.step, reason: reason)))
        console.note(
            "stopped by \(reason) after step \(state.step) of \(totalSteps); run the same command "
                + "again to resume from \(checkpoint)")
        console.note("run again: \(next.again)")
        do {
            try writeSummary(state: state, status: "preempted", checkpoint: checkpoint)
        } catch {
            console.warning("the summary could not be written: \(error)")
        }
    }

    func finish(state: TrainingState, checkpoint: String) throws {
        console.finish()
        if state.step < totalSteps {
            console.note(
                "the target is reached at step \(state.step) of \(totalSteps): the run ends here")
        }
        try writeSummary(state: state, status: Self.finished, checkpoint: checkpoint)
        if let last = history.evaluations.last {
            show(last)
        } else {
            console.note("no held-out data: nothing was evaluated")
        }
        console.note("")
        console.banner(closing(state, checkpoint: checkpoint))
    }

    private func show(_ last: EvaluationRecord) {
        func row(
            _ task: String, _ accuracy: Double, _ chance: Double, _ loss: Double, _ count: Int
        ) -> [String] {
            [
                task, HumanFormat.percent(accuracy), HumanFormat.percent(chance),
                HumanFormat.fixed(loss, decimals: 4), "\(count)",
            ]
        }
        console.table(
            "Held-out evaluation at step \(last.step)",
            columns: ["task", "accuracy", "by chance", "loss", "predictions"],
            rows: [
                row(
                    "masked tokens", last.mlmAccuracy, last.mlmBaselineAccuracy, last.mlmLoss,
                    last.mlmTokens),
                row(
                    "next sentence", last.nspAccuracy, last.nspBaselineAccuracy, last.nspLoss,
                    last.nspPairs),
            ])
    }

    private func closing(_ state: TrainingState, checkpoint: String) -> [(String, String)] {
        let used = utilization(operations, trainingSeconds).map {
            "; \(HumanFormat.percent($0)) of \(HumanFormat.operations(peak)) (MFU)"
        }
        let lost = HumanFormat.percent(reduction.busySeconds / max(trainingSeconds, 1e-9))
        return [
            (
                "steps",
                "\(state.step), \(HumanFormat.count(state.samples)) samples"
                    + (state.skippedSteps > 0 ? "; \(state.skippedSteps) skipped" : "")
            ),
            ("speed", HumanFormat.rate(tokensPerSecond(state), of: "tokens") + (used ?? "")),
            (
                "communication",
                ranks > 1
                    ? "\(HumanFormat.percent(reduction.overlap)) hidden under the backward pass; "
                        + "\(lost) of the time was spent on it alone"
                    : "none: one rank"
            ),
            (
                "memory",
                "at most \(HumanFormat.bytes(ProcessMemory.peak)) on rank 0; estimated: "
                    + "\(HumanFormat.bytes(memoryForecast))"
            ),
            ("time", HumanFormat.duration(MonotonicClock.seconds - startTime)),
            ("checkpoint", checkpoint),
            (
                "best",
                history.best.map { "step \($0.step), MLM \(HumanFormat.percent($0.accuracy))" }
                    ?? "not evaluated"
            ),
            ("metrics", Paths.join(directory, MetricsLog.name)),
            ("summary", Paths.join(directory, RunSummary.name)),
            ("evaluate", next.evaluate),
            ("export", next.export),
        ]
    }

    private func tokensPerSecond(_ state: TrainingState) -> Double {
        trainingSeconds > 0 ? Double(state.tokens - startTokens) / trainingSeconds : 0
    }

    private func writeSummary(state: TrainingState, status: String, checkpoint: String) throws {
        try metrics.sync()
        try RunSummary(
            run: name, status: status, step: state.step, totalSteps: totalSteps,
            loss: lastStep?.loss ?? .nan, mlmLoss: lastStep?.mlmLoss ?? .nan,
            nspLoss: lastStep?.nspLoss ?? .nan, samples: state.samples, tokens: state.tokens,
            wallSeconds: MonotonicClock.seconds - startTime,
            tokensPerSecond: tokensPerSecond(state),
            overlap: ranks > 1 ? reduction.overlap : nil,
            mfu: utilization(operations, trainingSeconds), peakOperationsPerSecond: peak,
            memoryForecastBytes: memoryForecast, peakMemoryBytes: ProcessMemory.peak,
            ranks: ranks, threads: threads,
            parameters: parameters, checkpoint: checkpoint, bestStep: history.best?.step,
            bestMaskedAccuracy: history.best?.accuracy, evaluations: history.evaluations
        ).write(directory: directory)
    }

    /// Writes an event to the logs. A full disk must not end a run, so a failure is reported once.
    private func log(_ event: MetricsEvent) {
        do {
            try metrics.append(event)
            try tensorBoard.append(event)
        } catch {
            if !logsFail { console.warning("logs are incomplete, training goes on: \(error)") }
            logsFail = true
        }
    }

    /// Whether an earlier attempt brought the run to this state and reported it. If so, reports
    /// that, and leaves the logs unchanged.
    static func isFinished(_ run: PretrainingRun) throws -> Bool {
        guard let summary = try summary(of: run.options.directory),
            summary.status == Self.finished, summary.step == run.state.step,
            run.state.step >= run.options.configuration.totalSteps
                || EvaluationHistory.isReached(
                    run.phases[run.state.phase], accuracy: summary.evaluations.last?.mlmAccuracy),
            run.keeper.lastStep == run.state.step
        else { return false }
        let console = ConsoleReporter()
        for notice in run.notices { console.warning(notice) }
        console.note(
            "\(run.options.directory): the run is finished; to evaluate it again: "
                + NextCommands(run.options, ranks: run.communicator.size).evaluate
        )
        return true
    }

    /// Summary of an earlier attempt; nil if there is none, or if it cannot be parsed.
    private static func summary(of directory: String) throws(FileError) -> RunSummary? {
        do throws(FileError) {
            return try RunSummary.read(directory: directory)
        } catch  where error.cause != .inputOutput {
            return nil
        }
    }
}

import DurableFiles
import FineTuning
import Reporting

/// `plan.json` of a fan-out.
struct PlanReader: FuzzReader {
    let name = "plan"
    let refusals: [any Error.Type] = [TaskDataError.self]

    /// 8 trials: 2 tasks, 2 models, 2 seeds.
    private static func plan() -> TrialPlan {
        var configuration = FineTuningConfiguration()
        configuration.tasks = ["mr", "pos"].map { name in
            var task = TaskDefinition()
            task.name = name
            return task
        }
        configuration.checkpoints = ["base", "scratch"].map { name in
            var point = FineTuningConfiguration.StartingPoint()
            point.name = name
            return point
        }
        configuration.seeds = [1, 2]
        var settings = TrialSettings()
        settings.tasks = ["mr": ["train": "abc", "kind": "classification"]]
        settings.checkpoints = ["base": ["model": "def"]]
        return TrialPlan(configuration.trials, retries: 1, settings: settings) { _ in 1 }
    }

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        var plan = Self.plan()
        var trials: [Trial] = []
        while let trial = plan.next(group: trials.count), trials.count < 5 { trials.append(trial) }
        plan.finish(
            trials[0],
            TrialPlan.Outcome(
                scores: .multipleChoice(correct: 3, of: 4), seconds: 2, bestEvaluation: 1,
                evaluations: 3))
        _ = plan.fail(trials[1], "out of memory", exitStatus: 74)
        _ = plan.note(["2 words have no token"], task: "mr")
        return [FuzzInput("plan.json", String(decoding: plan.state(), as: UTF8.self))]
    }

    func read(_ directory: String) throws {
        let path = directory + "/plan.json"
        var plan = Self.plan()
        _ = try plan.restore(try ScratchFiles.read(path), path: path)
        var back = Self.plan()
        do {
            _ = try back.restore(plan.state(), path: path)
        } catch {
            throw FuzzFault("it does not read back: \(error)")
        }
        // A running trial counts at most one crash per restart.
        try FuzzFault.require(
            back.state().count > 0 && back.entries.count == plan.entries.count,
            "it reads back with other trials")
        var group = 0
        while plan.next(group: group) != nil { group += 1 }
        _ = plan.unlistedOutcomes(task: "mr")
    }
}

/// The lock of a run directory.
struct LockReader: FuzzReader {
    let name = "lock"
    let refusals: [any Error.Type] = []

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        [
            FuzzInput(DirectoryLock.name, LockHolder.current().fileText),
            FuzzInput(DirectoryLock.name, "host node1\nprocess 17\njob 42.1\ntoken x\n"),
        ]
    }

    func read(_ directory: String) throws {
        let text = try ScratchFiles.read(Paths.join(directory, DirectoryLock.name))
        let holder = LockHolder(fileText: String(decoding: text, as: UTF8.self))
        try FuzzFault.require(
            LockHolder(fileText: holder.fileText) == holder, "it reads back as another")
        let own = LockHolder.current()
        _ = holder.verdict(seenFrom: own)
        _ = own.verdict(seenFrom: holder)
        let control = holder.description.unicodeScalars.first {
            $0.properties.generalCategory == .control
        }
        try FuzzFault.require(control == nil, "its holder is told with control characters")
    }
}

/// `metrics.jsonl`, read and resumed.
struct MetricsReader: FuzzReader {
    let name = "metrics"
    let cost = 2
    let refusals: [any Error.Type] = [FileError.self]

    private static let text = """
        {"event":"step","step":1,"loss":7.5,"mlm_loss":6.8125,"nsp_loss":0.6875,"mlm_accuracy":0.125,\
        "nsp_accuracy":0.5625,"learning_rate":0.0001,"grad_norm":1.25,"loss_scale":1.0,"samples":256,\
        "tokens":30000,"tokens_per_second":12345.0,"step_seconds":2.5,"overlap":0.75,"mfu":0.5}
        {"event":"skip","step":2,"loss_scale":65536.0,"next_loss_scale":32768.0,"samples":512,\
        "in_a_row":1,"cause":""}
        {"event":"evaluation","step":2,"mlm_accuracy":0.25,"mlm_loss":4.5,"mlm_tokens":1900,\
        "nsp_accuracy":0.625,"nsp_loss":0.65625,"nsp_pairs":100,"mlm_baseline_accuracy":0.0625,\
        "mlm_baseline_token":"the","nsp_baseline_accuracy":0.53125,"mlm_accuracy_low":0.2,\
        "mlm_accuracy_high":0.3,"mlm_loss_low":null,"mlm_loss_high":null,"nsp_accuracy_low":null,\
        "nsp_accuracy_high":null,"nsp_loss_low":0.5,"nsp_loss_high":0.75}
        {"event":"checkpoint","step":2,"path":"a/b","seconds":0.5,"stalled_seconds":0.125,"bytes":1000}
        {"event":"preempt","step":2,"reason":"SIGTERM"}
        {"event":"resume","step":2,"path":"a","samples":512}
        not an event

        """

    func seeds(_ scratch: String) throws -> [FuzzInput] { [FuzzInput(MetricsLog.name, Self.text)] }

    func read(_ directory: String) throws {
        let path = Paths.join(directory, MetricsLog.name)
        var refusal: FileError?
        var events: [MetricsEvent] = []
        do { events = try MetricsLog.read(path) } catch { refusal = error }
        _ = try MetricsLog.lastEvents(path)
        _ = try MetricsLog.evaluations(path)
        try resume(directory, path)
        if let refusal { throw refusal }
        // Each event's line parses to the same event; lines are compared, because NaN does not
        // equal itself.
        let lines = events.map(\.line)
        let written = directory + "/written.jsonl"
        try ScratchFiles.write(
            Array(lines.map { $0 + "\n" }.joined().utf8), to: written)
        let back = try MetricsLog.read(written).map(\.line)
        try FuzzFault.require(back == lines, "its events read back as others")
    }

    /// Resuming from a step loses no line, and resuming twice changes nothing more.
    private func resume(_ directory: String, _ path: String) throws(FuzzFault) {
        do {
            _ = try MetricsLog(directory: directory, resumingAt: 1, samples: 300)
            let kept = try ScratchFiles.read(path)
            _ = try MetricsLog(directory: directory, resumingAt: 1, samples: 300)
            try FuzzFault.require(
                try ScratchFiles.read(path) == kept, "going on twice changes the log again")
        } catch let fault as FuzzFault {
            throw fault
        } catch {
            throw FuzzFault("a run cannot go on with it: \(error)")
        }
    }
}

/// `summary.json`.
struct SummaryReader: FuzzReader {
    let name = "summary"
    let refusals: [any Error.Type] = [FileError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let evaluation = EvaluationRecord(
            step: 2, mlmAccuracy: 0.25, mlmLoss: 4.5, mlmTokens: 1900, nspAccuracy: 0.625,
            nspLoss: 0.5, nspPairs: 100, mlmBaselineAccuracy: 0.0625, mlmBaselineToken: "the",
            nspBaselineAccuracy: 0.53125)
        let summary = RunSummary(
            run: "a", status: "completed", step: 2, totalSteps: 2, loss: 7, mlmLoss: 6, nspLoss: 1,
            samples: 512, tokens: 60000, wallSeconds: 3.5, tokensPerSecond: 17000, overlap: nil,
            mfu: 0.5, peakOperationsPerSecond: 1e11, memoryForecastBytes: 1000,
            peakMemoryBytes: nil, ranks: 2, threads: 1, parameters: 100, checkpoint: "a/b",
            bestStep: 2, bestMaskedAccuracy: 0.25, evaluations: [evaluation])
        return [FuzzInput(RunSummary.name, summary.json)]
    }

    func read(_ directory: String) throws {
        let summary = try RunSummary.read(directory: directory)
        try summary.write(directory: directory)
        let back = try RunSummary.read(directory: directory)
        try FuzzFault.require(back.json == summary.json, "it reads back as another")
    }
}

/// Lines of `bert predict`.
struct RequestReader: FuzzReader {
    let name = "predict"
    let refusals: [any Error.Type] = [TaskDataError.self]

    static let lines = [
        "a text", "a text\ta pair", "{\"text\": \"a\", \"pair\": \"b\\u00e9\"}",
        "{\"words\": [\"a\", \"b c\"]}", "{\"question\": \"who?\", \"context\": \"it was he\"}",
        "prompt\tone\ttwo", "{\"prompt\": \"p\", \"choices\": [\"a\", \"b\"]}",
    ]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        [FuzzInput("requests", Self.lines.joined(separator: "\n"))]
    }

    func read(_ directory: String) throws {
        let path = directory + "/requests"
        let lines = try ScratchFiles.read(path).split(separator: UInt8(ascii: "\n"))
        for (index, line) in lines.enumerated() {
            for kind in TaskKind.allCases {
                do {
                    _ = try PredictionRequest(
                        line: String(decoding: line, as: UTF8.self), kind: kind, path: path,
                        number: index + 1)
                } catch {
                    try FuzzFault.require(
                        error.line == index + 1 && error.exitCode == 65,
                        "line \(index + 1) is refused as \(error)")
                }
            }
        }
    }
}

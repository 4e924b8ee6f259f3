import FineTuning
import Testing

@Suite struct TrialPlanTests {
    @Test func longestComeFirst() {
        var plan = newPlan()
        var dealt: [Trial] = []
        while let trial = plan.next(group: dealt.count) { dealt.append(trial) }
        let trials = planConfiguration().trials
        #expect(dealt == trials.filter { $0.task == 1 } + trials.filter { $0.task == 0 })
        let none = plan.next(group: 99)
        #expect(none == nil && !plan.isComplete)
        #expect(plan.trial(of: 3) == dealt[3] && plan.trial(of: 99) == nil)
    }

    @Test func oddCostsAreLast() {
        let trials = Array(planConfiguration().trials.prefix(4))
        let costs = [Double.nan, -.infinity, 2, .infinity]
        var plan = TrialPlan(trials, retries: 0) { trial in
            costs[trials.firstIndex(of: trial) ?? 0]
        }
        let dealt = [plan.next(group: 0), plan.next(group: 1)]
        #expect(dealt == [trials[2], trials[0]])
    }

    @Test func failuresAreRetriedOnce() throws {
        var plan = newPlan()
        let first = plan.next(group: 0)
        let trial = try #require(first)
        let isRetried = plan.fail(trial, "first")
        let second = plan.next(group: 0)
        #expect(isRetried && second == trial)
        let isRetriedAgain = plan.fail(trial, "second")
        #expect(!isRetriedAgain)
        #expect(plan.entries.first { $0.trial == trial }?.status == .failed("second"))
        let third = plan.next(group: 0)
        #expect(third != trial)
    }

    @Test func preemptionIsNoFailure() {
        var plan = newPlan(retries: 0)
        let trial = plan.next(group: 0)
        let other = plan.next(group: 1)
        plan.release(group: 0)
        #expect(plan.trial(of: 0) == nil && plan.trial(of: 1) == other)
        let again = plan.next(group: 2)
        #expect(again == trial)
        plan.release(group: 1)
        plan.release(group: 2)
        #expect(plan.entries.allSatisfy { $0.status == .waiting && $0.failures == 0 })
    }

    /// Three groups, one trial that always crashes and one that crashes once, a group that is
    /// preempted, and repeated restarts of the whole job: every trial ends, and no finished trial
    /// runs twice.
    @Test(arguments: 0..<8)
    func fanOutsEnd(seed: Int) throws {
        var plan = newPlan()
        let trials = planConfiguration().trials
        let (bad, unlucky) = (trials[seed], trials[23 - seed])
        var finished: [String: Int] = [:]
        var turn = seed
        while !plan.isComplete {
            turn += 1
            let group = turn % 3
            guard let trial = plan.trial(of: group) ?? plan.next(group: group) else { continue }
            if turn % 11 == 0 {
                plan.release(group: group)
            } else if turn % 17 == 0 {
                // The job is stopped, and the saved state is restored.
                for group in 0..<3 { plan.release(group: group) }
                var again = newPlan()
                let unknown = try again.restore(plan.state(), path: "s")
                #expect(unknown.isEmpty && again == plan)
                plan = again
            } else if trial == bad {
                _ = plan.fail(trial, "broken")
            } else if trial == unlucky, plan.entries[23 - seed].failures == 0 {
                let isRetried = plan.fail(trial, "bad luck")
                #expect(isRetried)
            } else {
                finished[trial.key, default: 0] += 1
                plan.finish(trial, planOutcome(planScore(trial)))
            }
        }
        #expect(finished.count == 23 && finished.values.allSatisfy { $0 == 1 })
        #expect(plan.entries[seed].status == .failed("broken"))
        let results = FineTuningResults(plan, planConfiguration())
        #expect(results.cells.count == 4 && results.cells.map(\.failed).reduce(0, +) == 1)
    }

    @Test func statesOutliveConfigurations() throws {
        var plan = newPlan(retries: 0)
        let first = plan.next(group: 0)
        let done = try #require(first)
        plan.finish(done, planOutcome(0.5))
        let second = plan.next(group: 0)
        let failed = try #require(second)
        _ = plan.fail(failed, "odd")
        let state = plan.state()
        var fewer = planConfiguration()
        fewer.tasks.removeLast()
        fewer.seeds = [3, 9]
        var other = TrialPlan(fewer.trials, retries: 0) { _ in 1 }
        let unknown = try other.restore(state, path: "s")
        #expect(unknown == [done.key, failed.key].sorted())
        #expect(other.entries.allSatisfy { $0.status == .waiting })
        // Unlisted trials are kept, and known when they are listed again.
        #expect(other.unlistedOutcomes(task: "pos") == [planOutcome(0.5)])
        #expect(other.unlistedOutcomes(task: "po").isEmpty)
        var grown = newPlan(retries: 0)
        _ = try grown.restore(other.state(), path: "s")
        #expect(grown.entries.contains { $0.trial == done && $0.status == .done(planOutcome(0.5)) })
        #expect(grown.entries.contains { $0.trial == failed && $0.status == .failed("odd") })
        // With more retries than before, it is retried.
        var patient = newPlan(retries: 1)
        _ = try patient.restore(state, path: "s")
        let next = patient.next(group: 0)
        #expect(next == failed)
        let isRetried = patient.fail(failed, "odd")
        #expect(!isRetried)
    }

    @Test(arguments: [
        ("", "s: is not the state of a fan-out (not JSON)"), ("{}", "(no version)"),
        ("{\"version\": 2, \"trials\": {}}", "s: has version 2"),
        ("{\"version\": 1, \"trials\": 3}", "(trials)"),
        (
            "{\"version\": 1, \"trials\": {\"pos/base/lr3e-05-epochs3-seed1\": "
                + "{\"failures\": -1, \"failed\": false}}}", "failed -1 times"
        ),
    ])
    func brokenStatesAreRefused(text: String, expected: String) {
        var plan = newPlan()
        let before = plan
        let message = message { _ = try plan.restore(Array(text.utf8), path: "s") }
        #expect(message.contains(expected), "\(message)")
        #expect(plan == before)
    }

    /// The same plan after the job ended abnormally.
    private func killed(_ plan: TrialPlan, retries: Int = 1) throws -> TrialPlan {
        var again = newPlan(retries: retries)
        _ = try again.restore(plan.state(), path: "s")
        return again
    }

    /// A trial that takes the job down is dealt after all others, then alone, and finally fails;
    /// those that ran at the same time do not.
    @Test func crashesAreGivenUp() throws {
        var plan = newPlan()
        let killer = planConfiguration().trials[23]
        var finished: Set<String> = []
        var jobs = 0
        while !plan.isComplete {
            jobs += 1
            try #require(jobs < 50)
            // Three groups; the job dies as soon as the killer is dealt together with others.
            var running: [Trial] = []
            for group in 0..<3 {
                if let trial = plan.next(group: group) { running.append(trial) }
            }
            try #require(!running.isEmpty)
            if running.contains(killer) {
                plan = try killed(plan)
                continue
            }
            for trial in running {
                finished.insert(trial.key)
                plan.finish(trial, planOutcome(0.5))
            }
        }
        #expect(finished.count == 23)
        guard case .failed(let text) = plan.entries[23].status else {
            Issue.record("\(plan.entries[23])")
            return
        }
        #expect(text.contains("the job ended 3 times while this trial ran"))
        // It remains failed until more retries are allowed.
        #expect(try killed(plan) == plan)
        #expect(try !killed(plan, retries: 2).isComplete)
    }

    @Test func progressForgivesCrashes() throws {
        var plan = newPlan()
        for _ in 0..<10 {
            var dealt: Trial?
            while dealt != planConfiguration().trials[12] {
                if let trial = dealt { plan.finish(trial, planOutcome(0.5)) }
                dealt = plan.next(group: 0)
            }
            let changes = plan.entries[12].crashes > 0
            let hasChanged = plan.advance(group: 0)
            #expect(hasChanged == changes)
            plan = try killed(plan)
            #expect(plan.entries[12].crashes == 1 && plan.entries[12].status == .waiting)
        }
        let hasChanged = plan.advance(group: 0)
        #expect(!hasChanged)
    }

    @Test func notesAreKept() throws {
        var plan = newPlan()
        let changes = [
            plan.note(["odd"], task: "mr"), plan.note(["odd"], task: "mr"),
            plan.note([], task: "pos"),
        ]
        #expect(changes == [true, false, false])
        #expect(try killed(plan).notes == ["mr": ["odd"]])
    }

    /// Whether each score is the best so far, and whether to stop after it.
    private func watch(
        _ stopping: inout EarlyStopping, _ scores: [Double?]
    ) -> (best: [Bool], stop: [Bool]) {
        var result: (best: [Bool], stop: [Bool]) = ([], [])
        for score in scores {
            result.best.append(stopping.take(score))
            result.stop.append(stopping.shouldStop)
        }
        return result
    }

    @Test func trialsStopEarly() {
        var stopping = EarlyStopping(patience: 2, minimumImprovement: 0.1)
        // 0.55 is better, so it is kept, but not by enough to continue.
        let seen = watch(&stopping, [0.5, 0.55, nil])
        #expect(seen.best == [true, true, false] && seen.stop == [false, false, true])
        #expect(stopping.best == 0.55 && stopping.bestEvaluation == 1 && stopping.evaluations == 3)
        var first = EarlyStopping(patience: 1)
        let rising = watch(&first, [-0.5, -0.4, -0.4])
        #expect(rising.best == [true, true, false] && rising.stop == [false, false, true])
        var never = EarlyStopping(patience: 0)
        let undefined = watch(&never, [.nan, .nan, nil])
        #expect(undefined.best == [false, false, false] && never.best == nil)
        #expect(!never.shouldStop)
    }
}

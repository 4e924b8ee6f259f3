import FineTuning
import FoundationEssentials
import Testing

@Suite struct FineTuningResultsTests {
    private func finished() -> TrialPlan {
        var plan = newPlan()
        while let trial = plan.next(group: 0) { plan.finish(trial, planOutcome(planScore(trial))) }
        return plan
    }

    @Test func theBestSettingIsShown() throws {
        let results = FineTuningResults(finished(), planConfiguration())
        #expect(results.cells.map(\.task) == [0, 0, 1, 1])
        #expect(results.cells.map(\.checkpoint) == [0, 1, 0, 1])
        #expect(results.cells.allSatisfy { $0.learningRate == 5e-5 && $0.seeds == [1, 2, 3] })
        #expect(isClose(results.cells[0].summary.mean, 0.91 + 0.014 / 3))
        #expect(results.comparisons.map(\.task) == [0, 1])
        let test = results.comparisons[0].test
        #expect(isClose(test.difference, 0.2 - 0.014 / 3, 1e-12))
        #expect(test.permutationTest == 0.25)
        #expect(try #require(test.tTest) < 0.001)
    }

    /// A setting with one lucky seed does not beat one with all of them.
    @Test func unfinishedSettingsComeSecond() throws {
        var plan = newPlan()
        while let trial = plan.next(group: 0) {
            if trial.learningRate > 4e-5, trial.seed > 1 {
                _ = plan.fail(trial, "x")
            } else {
                plan.finish(trial, planOutcome(planScore(trial)))
            }
        }
        let results = FineTuningResults(plan, planConfiguration())
        #expect(results.cells.allSatisfy { $0.learningRate == 3e-5 && $0.failed == 2 })
    }

    /// If no trial of a model finished, the table says so.
    @Test func failuresAreShown() {
        let configuration = planConfiguration()
        var plan = newPlan()
        while let trial = plan.next(group: 0) {
            if trial.task == 0, trial.checkpoint == 1 {
                _ = plan.fail(trial, "x")
            } else {
                plan.finish(trial, planOutcome(planScore(trial)))
            }
        }
        let results = FineTuningResults(plan, configuration)
        #expect(results.cells.map { [$0.task, $0.checkpoint] } == [[0, 0], [1, 0], [1, 1]])
        let failed = plan.entries.count { $0.trial.task == 0 && $0.trial.checkpoint == 1 }
        #expect(results.failures == [.init(task: 0, checkpoint: 1, failed: failed)])
        let lines = results.markdown(configuration).split(separator: "\n")
        #expect(lines[3].contains(configuration.checkpoints[1].name))
        #expect(lines[3].contains(" - ") && lines[3].contains("0 (\(failed) failed)"))
        #expect(lines[4].contains(configuration.tasks[1].name))
    }

    /// A correlation of constants is undefined, not 0.
    @Test func undefinedScoresAreNull() throws {
        var configuration = planConfiguration()
        configuration.tasks[0].kind = .regression
        var plan = TrialPlan(configuration.trials, retries: 0) { _ in 1 }
        while let trial = plan.next(group: 0) {
            plan.finish(
                trial,
                TrialPlan.Outcome(
                    scores: .regression(gold: [1, 2], predicted: [1, 1]), seconds: 1,
                    bestEvaluation: 0, evaluations: 1))
        }
        let results = FineTuningResults(plan, configuration)
        #expect(results.cells[0].values == [nil, nil, nil] && results.cells[0].undefined == 3)
        let text = String(decoding: results.json(plan, configuration), as: UTF8.self)
        #expect(text.contains("\"spearman\" : null") && text.contains("\"undefined\" : 3"))
        #expect(results.markdown(configuration).contains("3 (3 undefined)"))
    }

    /// A known comparison of two models is not recomputed, and is not used for another one.
    @Test func earlierComparisonsAreTaken() {
        var plan = newPlan()
        var earlier: FineTuningResults?
        while let trial = plan.next(group: 0) {
            plan.finish(trial, planOutcome(planScore(trial)))
            let results = FineTuningResults(plan, planConfiguration(), earlier: earlier)
            #expect(results == FineTuningResults(plan, planConfiguration()))
            earlier = results
        }
        #expect(earlier?.comparisons.count == 2)
    }

    @Test func nothingFinishedIsAnEmptyTable() {
        let results = FineTuningResults(newPlan(), planConfiguration())
        #expect(results.cells.isEmpty && results.comparisons.isEmpty)
        #expect(results.markdown(planConfiguration()).split(separator: "\n").count == 2)
    }

    @Test func tables() {
        let text = FineTuningResults(finished(), planConfiguration()).markdown(planConfiguration())
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.prefix(3).joined(separator: "\n") == """
                | task | metric   | model        | mean ± sd    | chance | 95% CI        | best  | seeds | \
                setting            | time |
                |------|----------|--------------|--------------|--------|---------------|-------|-------|-\
                -------------------|------|
                | mr   | accuracy | base         | 91.47 ± 0.40 | -      | 90.46 … 92.47 | 91.90 | 3     | \
                lr 5e-05, 3 epochs | 2 s  |
                """)
        #expect(text.contains("| mr   | base | base-scratch | 19.53 "))
    }

    /// Each score is shown next to its baseline, which needs no learning.
    @Test func chances() {
        let baselines: [TaskScores?] = [
            .classification(ConfusionMatrix(gold: [0, 1], predicted: [0, 0], classes: 2)), nil,
        ]
        let configuration = planConfiguration()
        let plan = finished()
        let results = FineTuningResults(plan, configuration, baselines: baselines)
        #expect(results.chances == [0.5, nil])
        #expect(results.cells.map(results.isNoBetterThanChance) == [false, false, false, false])
        #expect(results.markdown(configuration).contains("91.47 ± 0.40 | 50.00  | 90.46"))
        let text = String(decoding: results.json(plan, configuration), as: UTF8.self)
        #expect(text.contains("\"chance\" : 0.5"))
        let best = [
            TaskScores.classification(ConfusionMatrix(gold: [0], predicted: [0], classes: 2))
        ]
        let low = FineTuningResults(plan, configuration, baselines: best)
        #expect(low.cells.map(low.isNoBetterThanChance) == [true, true, false, false])
    }

    @Test func json() throws {
        let plan = finished()
        let results = FineTuningResults(plan, planConfiguration())
        let bytes = results.json(plan, planConfiguration())
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"key\" : \"mr/base/lr3e-05-epochs3-seed1\""))
        #expect(text.contains("\"p_permutation\" : 0.25"))
        #expect(text.contains("\"notes\" : {"))
        // It is valid JSON.
        struct Anything: Decodable {}
        _ = try JSONDecoder().decode([String: Anything].self, from: Data(bytes))
    }
}

@Suite struct TaskScoresTests {
    @Test func everyKindHasItsMetrics() {
        let matrix = ConfusionMatrix(gold: [0, 1, 1], predicted: [0, 1, 0], classes: 2)
        let all: [(TaskKind, TaskScores)] = [
            (.classification, .classification(matrix)),
            (
                .multiLabel,
                .multiLabel(MultiLabelScores(gold: [[0]], predicted: [[0, 1]], classes: 2))
            ),
            (.regression, .regression(gold: [1, 2], predicted: [2, 3])),
            (.tagging, .tagging(EntityScores(gold: [["B-X"]], predicted: [["B-X"]]))),
            (.questionAnswering, .questionAnswering([AnswerScore(exactMatch: 0, f1: 0.5)])),
            (.multipleChoice, .multipleChoice(correct: 1, of: 2)),
        ]
        for (kind, scores) in all {
            #expect(scores.scores.map(\.metric) == kind.metrics, "\(kind)")
        }
        #expect(all.map(\.0) == TaskKind.allCases)
        #expect(all[4].1[.f1] == 0.5)
        let three = TaskScores.classification(
            ConfusionMatrix(gold: [2], predicted: [1], classes: 3))
        #expect(three[.f1] == nil && three[.accuracy] == 0)
        #expect(TaskScores.regression(gold: [1, 2], predicted: [1, 1])[.pearson] == nil)
    }
}

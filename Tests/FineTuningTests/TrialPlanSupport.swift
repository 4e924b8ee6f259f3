import FineTuning

/// 24 trials: 2 tasks, 2 models, 2 rates, 3 seeds.
func planConfiguration() -> FineTuningConfiguration {
    var configuration = FineTuningConfiguration()
    configuration.tasks = ["mr", "pos"].map { name in
        var task = TaskDefinition()
        task.name = name
        return task
    }
    configuration.checkpoints = ["base", "base-scratch"].map { name in
        var point = FineTuningConfiguration.StartingPoint()
        point.name = name
        return point
    }
    configuration.learningRates = [3e-5, 5e-5]
    return configuration
}

func newPlan(retries: Int = 1) -> TrialPlan {
    TrialPlan(planConfiguration().trials, retries: retries) { $0.task == 0 ? 1 : 3 }
}

func planOutcome(_ accuracy: Double) -> TrialPlan.Outcome {
    let correct = Int((accuracy * 1000).rounded())
    return TrialPlan.Outcome(
        scores: .multipleChoice(correct: correct, of: 1000), seconds: 2, bestEvaluation: 1,
        evaluations: 3)
}

/// Better with pre-training, with the higher rate, and slightly with the seed.
func planScore(_ trial: Trial) -> Double {
    (trial.checkpoint == 0 ? 0.9 : 0.7) + (trial.learningRate > 4e-5 ? 0.01 : 0)
        + Double(trial.seed * trial.seed) * 0.001 * (trial.checkpoint == 0 ? 1 : 2)
}

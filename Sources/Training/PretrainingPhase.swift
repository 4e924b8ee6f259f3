import BERT
import Configuration
import Corpus
import Distributed
import Optimization

/// One phase of a run: its settings as the parts of the system take them.
struct PretrainingPhase {
    let configuration: RunConfiguration
    let data: DataSetup
    let schedule: LearningRateSchedule
    let source: any SampleSource
    let heldout: (any SampleSource)?
    /// The most sequences of a micro-batch, never more than the largest rank's share.
    let micro: Int
    let capacity: BatchCapacity
    /// Warning about settings that the data contradict.
    let notice: String?

    init(
        _ configuration: RunConfiguration, data: DataSetup, setup: ModelSetup, ranks: Int
    ) throws {
        let model = setup.configuration
        self.configuration = configuration
        self.data = data
        try data.check(setup.vocabulary, setup.tokenizer)
        let schedule = configuration.schedule
        let name: LearningRateSchedule.Name =
            switch schedule.name {
            case .linear: .linear
            case .polynomial: .polynomial
            case .constant: .constant
            }
        self.schedule = LearningRateSchedule(
            name: name, power: schedule.power, warmupSteps: schedule.warmupSteps,
            totalSteps: schedule.totalSteps, peak: configuration.optimizer.learningRate)
        source = try data.training(configuration, vocabularySize: model.vocabularySize)
        heldout = try data.heldout(configuration, vocabularySize: model.vocabularySize)
        if configuration.evaluation.target != nil || configuration.checkpoint.keepBest {
            guard heldout != nil, configuration.evaluation.everySteps > 0 else {
                throw TrainingError.configuration(
                    "evaluation.target and checkpoint.keep_best need held-out data (data.heldout, or "
                        + "corpora built with --heldout) and evaluation.every_steps above 0")
            }
        }
        let length = max(source.maximumLength, heldout?.maximumLength ?? 0)
        let ids = max(source.vocabularySize, heldout?.vocabularySize ?? 0)
        if let problem = model.problem(
            withInputs: ModelInputs(length: length, vocabularySize: ids, hasPairs: true))
        {
            throw TrainingError.configuration("the training data do not fit the model: \(problem)")
        }
        micro = min(configuration.batch.micro, configuration.batch.share(rank: 0, ranks: ranks))
        // NVIDIA's files bring masks of their own; no sample has more than its tokens.
        let masks =
            configuration.data.format == .corpus
            ? configuration.masking.maxPredictions : length
        notice = DataSetup.lengthNotice(
            [source] + (heldout.map { [$0] } ?? []),
            sequenceLength: configuration.data.sequenceLength)
        capacity = BatchCapacity(
            sequences: micro, sequenceLength: length, maskedPerSequence: min(masks, length))
    }

    /// This rank's part of a global batch.
    func share(_ samples: [SampleIdentity], rank: Int, ranks: Int) -> [SampleIdentity] {
        Array(samples[Partition(count: samples.count, parts: ranks)[rank]])
    }
}

extension OptimizerSettings {
    /// The optimizer that `configuration` asks for.
    init(_ configuration: RunConfiguration.Optimizer) {
        let name: Name =
            switch configuration.name {
            case .adamw: .adamw
            case .lamb: .lamb
            }
        self.init(
            name: name, beta1: configuration.beta1,
            beta2: configuration.beta2, epsilon: configuration.epsilon,
            weightDecay: configuration.weightDecay, biasCorrection: configuration.correctsBias,
            clipNorm: configuration.clippingNorm)
    }
}

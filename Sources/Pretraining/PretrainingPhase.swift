import BERT
import Corpus
import Distributed
import Optimization
import Samples

/// One phase of a run: its settings in the form the system's parts use.
struct PretrainingPhase {
    let configuration: RunConfiguration
    let data: DataSetup
    let source: any SampleSource
    let heldout: (any SampleSource)?
    /// Maximum number of sequences of a micro-batch, never more than the largest rank's share.
    let micro: Int
    let capacity: BatchCapacity
    /// Warning about settings that contradict the data.
    let notice: String?

    init(
        _ configuration: RunConfiguration, data: DataSetup, setup: ModelSetup, ranks: Int
    ) throws {
        let model = setup.configuration
        self.configuration = configuration
        self.data = data
        try data.check(setup.vocabulary, setup.tokenizer)
        source = try data.training(configuration, vocabularySize: model.vocabularySize)
        heldout = try data.heldout(configuration, vocabularySize: model.vocabularySize)
        if configuration.evaluation.target != nil || configuration.checkpoint.keepBest {
            guard heldout != nil, configuration.evaluation.everySteps > 0 else {
                throw PretrainingError.configuration(
                    "evaluation.target and checkpoint.keep_best need held-out data (data.heldout, or "
                        + "corpora built with --heldout) and evaluation.every_steps above 0")
            }
        }
        let length = max(source.maximumLength, heldout?.maximumLength ?? 0)
        let ids = max(source.vocabularySize, heldout?.vocabularySize ?? 0)
        if let problem = model.problem(
            withInputs: ModelInputs(length: length, vocabularySize: ids, hasPairs: true))
        {
            throw PretrainingError.configuration(
                "the training data do not fit the model: \(problem)")
        }
        micro = min(configuration.batch.micro, configuration.batch.share(rank: 0, ranks: ranks))
        // NVIDIA's files contain their own masks; no sample has more masks than tokens.
        let masks =
            configuration.data.format == .corpus
            ? configuration.samples.masking.maximumPredictions : length
        notice = DataSetup.lengthNotice(
            [source] + (heldout.map { [$0] } ?? []),
            sequenceLength: configuration.samples.sequenceLength)
        capacity = BatchCapacity(
            sequences: micro, sequenceLength: length, maskedPerSequence: min(masks, length))
    }

    /// Learning rate of a step of this phase, counted from 1.
    func learningRate(_ step: Int) -> Double {
        configuration.schedule.rate(step, peak: configuration.optimizer.learningRate)
    }

    /// This rank's part of a global batch.
    func share(_ samples: [SampleIdentity], rank: Int, ranks: Int) -> [SampleIdentity] {
        Array(samples[Partition(count: samples.count, parts: ranks)[rank]])
    }
}

public import ArgumentParser
public import Corpus
import Samples

/// Selection of a corpus's samples: options shared by `show` and `export`. Their defaults are those
/// of a run's configuration.
struct SampleOptions: ParsableArguments {
    @Option(help: "Pass over the data, from 0.")
    var epoch = 0
    @Option(help: "Seed of the run.")
    var seed: UInt64 = 1234
    @Option(help: "train or heldout.")
    var split = CorpusSplit.train
    @Option(help: "Longest sample in tokens.")
    var sequenceLength = 128
    @Option(help: "Share of passes that aim at a shorter length.")
    var shortSequenceProbability = 0.1
    @Option(help: "shuffled or sequential.")
    var order = SampleOrder.shuffled
    @Option(help: "token, whole_word, ngram or span.")
    var unit = MaskingUnit.token
    @Option(help: "Share of tokens to predict.")
    var maskingProbability = 0.15
    @Option(help: "Most predictions in a sample.")
    var maximumPredictions = 20

    func validate() throws {
        guard (0..<SampleIdentity.epochLimit).contains(epoch) else {
            throw ValidationError("--epoch must be 0 to \(SampleIdentity.epochLimit - 1)")
        }
    }

    /// The samples of `directory`.
    func source(_ directory: CorpusDirectory) throws -> CorpusSource {
        let masking = MaskingSettings(
            probability: maskingProbability, maximumPredictions: maximumPredictions, unit: unit)
        let settings = SampleSettings(
            sequenceLength: sequenceLength, shortSequenceProbability: shortSequenceProbability,
            order: order, masking: masking)
        return try CorpusSource([directory], split: split, settings: settings, seed: seed)
    }
}

extension CorpusSplit: ExpressibleByArgument {}
extension SampleOrder: ExpressibleByArgument {}
extension MaskingUnit: ExpressibleByArgument {}

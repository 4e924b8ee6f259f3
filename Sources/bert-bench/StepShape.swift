import BERT
import Randomness
import Samples

/// Sizes of a benchmark's training step: a model, and micro-batches of full-length sequences.
struct StepShape {
    private(set) var configuration: BERTConfiguration
    /// Sequences per micro-batch.
    let micro: Int
    /// Tokens per sequence.
    let sequenceLength: Int

    /// Makes the preset's sizes, with Google's uncased vocabulary of 30522 entries.
    init(preset: ModelPreset, micro: Int, sequenceLength: Int) {
        configuration = BERTConfiguration(preset)
        self.micro = micro
        self.sequenceLength = sequenceLength
    }

    /// The same step for a model with another number of layers.
    func withLayers(_ layers: Int) -> StepShape {
        var shape = self
        shape.configuration.layers = layers
        return shape
    }

    /// Tokens per micro-batch.
    var tokens: Int { micro * sequenceLength }

    /// Predictions per sequence: 15% of its tokens, at least one.
    var maskedPerSequence: Int { max(1, Int((0.15 * Double(sequenceLength)).rounded())) }

    /// Predictions per micro-batch.
    var masked: Int { micro * maskedPerSequence }

    var capacity: BatchCapacity {
        BatchCapacity(
            sequences: micro, sequenceLength: sequenceLength, maskedPerSequence: maskedPerSequence)
    }

    /// Floating-point operations of a micro-batch, forward and backward, as the model defines them;
    /// recomputation is not counted twice.
    var operations: Double {
        configuration.trainingOperations(
            tokens: tokens, squaredLengths: tokens * sequenceLength, masked: masked)
    }

    /// `count` micro-batches of random tokens, all distinct.
    func batches(_ count: Int) -> [[PretrainingSample]] {
        (0..<count).map { batch in (0..<micro).map { sample(batch * micro + $0) } }
    }

    private func sample(_ index: Int) -> PretrainingSample {
        var random = AddressedGenerator(
            RandomAddress(seed: 1, purpose: .synthetic, sample: index))
        func token() -> Int32 { Int32(random.below(configuration.vocabularySize)) }
        let positions = (0..<Int32(sequenceLength)).shuffled(using: &random)
            .prefix(maskedPerSequence).sorted()
        return PretrainingSample(
            identity: SampleIdentity(epoch: 0, index: index),
            tokenIDs: (0..<sequenceLength).map { _ in token() },
            segmentIDs: (0..<sequenceLength).map { $0 < sequenceLength / 2 ? 0 : 1 },
            maskedPositions: positions, maskedLabels: positions.map { _ in token() },
            isRandomNext: random.below(2) == 1)
    }
}

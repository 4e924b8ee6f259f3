import BERT
import Kernels
import Randomness
import Samples
import Tensors

/// Small models, and sequences of synthetic tokens.
enum TestModel {
    /// Awkward sizes, and weights large enough to affect results.
    static func configuration(hiddenDropout: Double = 0, attentionDropout: Double = 0)
        -> BERTConfiguration
    {
        var configuration = BERTConfiguration()
        configuration.vocabularySize = 61
        configuration.hiddenSize = 27
        configuration.layers = 2
        configuration.heads = 3
        configuration.intermediateSize = 43
        configuration.maximumPositions = 35
        configuration.hiddenDropout = hiddenDropout
        configuration.attentionDropout = attentionDropout
        configuration.initializerRange = 0.3
        return configuration
    }

    /// Dropout in every place.
    static let dropout = configuration(hiddenDropout: 0.2, attentionDropout: 0.15)

    /// A model with room for `sequences` that predict any number of tokens.
    static func make(
        _ configuration: BERTConfiguration = configuration(),
        for use: BERTForPreTraining.Use = .training, sequences: Int = 8,
        executor: KernelExecutor = KernelExecutor(threads: 1), precision: Precision = .fp32,
        recomputes: Bool = false
    ) -> BERTForPreTraining {
        let length = configuration.maximumPositions
        let model = BERTForPreTraining(
            configuration, for: use,
            capacity: BatchCapacity(
                sequences: sequences, sequenceLength: length, maskedPerSequence: length),
            executor: executor, precision: precision, recomputes: recomputes)
        model.initialize(seed: 5)
        // Biases and normalizations of 0 and 1 would hide mistakes.
        var numbers = AddressedGenerator(
            RandomAddress(seed: 6, purpose: .synthetic, sample: 0))
        for parameter in model.layout.parameters where !parameter.decays {
            let values = model.parameters[parameter.range]
            for index in 0..<values.count { values[index] += Float(0.1 * numbers.normal()) }
        }
        return model
    }

    /// Sequences of `lengths` (at least 3), each with a seventh of its tokens to predict.
    static func sequences(
        _ lengths: [Int], epoch: Int = 0, vocabularySize: Int = 61
    ) -> [PretrainingSample] {
        lengths.enumerated().map { index, length in
            var numbers = AddressedGenerator(
                RandomAddress(seed: 7, purpose: .synthetic, sample: index * 1000 + length))
            let cut = numbers.in(1...length - 2)
            let places = stride(from: numbers.below(3), to: length, by: 7).map { Int32($0) }
            return PretrainingSample(
                identity: SampleIdentity(epoch: epoch, index: 40 + index),
                tokenIDs: (0..<length).map { _ in Int32(numbers.below(vocabularySize)) },
                segmentIDs: (0..<length).map { $0 <= cut ? 0 : 1 },
                maskedPositions: places,
                maskedLabels: places.map { _ in Int32(numbers.below(vocabularySize)) },
                isRandomNext: numbers.below(2) == 1)
        }
    }

    /// The objective of `sequences` as one global batch.
    static func scale(
        _ sequences: some Collection<PretrainingSample>, lossScale: Double = 1
    ) -> ObjectiveScale {
        ObjectiveScale(
            masked: sequences.reduce(0) { $0 + $1.maskedPositions.count },
            sequences: sequences.count, lossScale: lossScale)
    }

    /// The instruction sets of this machine.
    static let sets = InstructionSet.allCases.filter { $0 <= .supported }

    /// Those whose results are independent of the batch (OpenBLAS's may not be).
    static let ownSets = sets.filter { $0 > .portable }
}

extension BERTForPreTraining {
    /// All gradients.
    var gradientValues: [Double] { gradients.vector.buffer.map { Double($0) } }

    /// One pass over `sequences` as the global batch; the gradients start as garbage.
    func train(_ sequences: [PretrainingSample], seed: UInt64 = 1) -> [SequenceOutcome] {
        gradients.vector.fill(.nan)
        return train(
            sequences, scale: TestModel.scale(sequences), seed: seed, accumulate: false)
    }
}

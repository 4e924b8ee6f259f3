import BERT
import Kernels
import Samples
import Tensors
import Testing

/// The composition of a batch must not matter.
@Suite struct BatchTests {
    private static let lengths = [35, 3, 17, 4, 33, 8, 16, 29]

    @Test("a sequence's outcome has the same bits in any batch", arguments: TestModel.ownSets)
    func composition(set: InstructionSet) {
        let sequences = TestModel.sequences(Self.lengths)
        for configuration in [TestModel.configuration(), TestModel.dropout] {
            for threads in 1...3 {
                let executor = KernelExecutor(threads: threads, instructionSet: set)
                let model = TestModel.make(configuration, executor: executor)
                let outcomes = model.train(sequences)
                let evaluated = model.evaluate(sequences)
                #expect(Array(model.train(sequences.reversed()).reversed()) == outcomes)
                #expect(Array(model.evaluate(sequences.reversed()).reversed()) == evaluated)
                for (index, sequence) in sequences.enumerated() {
                    #expect(model.train([sequence]) == [outcomes[index]])
                    #expect(model.evaluate([sequence]) == [evaluated[index]])
                }
            }
        }
    }

    /// Wide enough for products to be split into blocks.
    @Test("the same at a greater width", arguments: TestModel.ownSets)
    func wideComposition(set: InstructionSet) {
        var configuration = TestModel.configuration()
        configuration.vocabularySize = 700
        configuration.hiddenSize = 340
        configuration.heads = 5
        configuration.intermediateSize = 1100
        configuration.initializerRange = 0.05
        let sequences = TestModel.sequences(Self.lengths, vocabularySize: 700)
        let executor = KernelExecutor(threads: 2, instructionSet: set)
        let model = TestModel.make(configuration, for: .inference, executor: executor)
        let outcomes = model.evaluate(sequences)
        for (index, sequence) in sequences.enumerated() {
            #expect(model.evaluate([sequence]) == [outcomes[index]])
        }
        #expect(Array(model.evaluate(sequences[3...])) == Array(outcomes[3...]))
    }

    @Test("a model for inference gives the bits of training without dropout")
    func inference() {
        let sequences = TestModel.sequences(Self.lengths)
        let outcomes = TestModel.make().train(sequences)
        #expect(TestModel.make().evaluate(sequences) == outcomes)
        #expect(TestModel.make(for: .inference).evaluate(sequences) == outcomes)
        #expect(TestModel.make(TestModel.dropout, for: .inference).evaluate(sequences) == outcomes)
    }

    /// An empty micro-batch adds nothing. (Training makes none, because it rejects fewer sequences
    /// than ranks.)
    @Test(
        "gradients of micro-batches add up",
        arguments: [[8], [1, 7], [3, 3, 2], [4, 0, 4], [0, 8], [8, 0]], TestModel.sets)
    func microBatches(sizes: [Int], set: InstructionSet) {
        let sequences = TestModel.sequences(Self.lengths)
        let model = TestModel.make(
            TestModel.dropout, executor: KernelExecutor(threads: 2, instructionSet: set))
        _ = model.train(sequences)
        let whole = model.gradientValues
        model.gradients.vector.fill(.nan)
        var start = 0
        for (index, size) in sizes.enumerated() {
            let outcomes = model.train(
                sequences[start..<start + size], scale: TestModel.scale(sequences), seed: 1,
                accumulate: index > 0)
            #expect(outcomes.count == size)
            start += size
        }
        #expect(distance(model.gradientValues, whole) < 1e-6 * norm(whole))
    }

    @Test("accumulating adds, the opposite replaces")
    func accumulation() {
        let sequences = TestModel.sequences(Self.lengths)
        let scale = TestModel.scale(sequences)
        let model = TestModel.make()
        _ = model.train(sequences)
        let once = model.gradientValues
        _ = model.train(sequences, scale: scale, seed: 1, accumulate: true)
        let twice = model.gradientValues
        #expect(distance(twice, once.map { 2 * $0 }) < 1e-6 * norm(once))
        _ = model.train(sequences, scale: scale, seed: 1, accumulate: false)
        #expect(model.gradientValues == once)
    }

    @Test("the loss scale multiplies every gradient")
    func lossScale() {
        let sequences = TestModel.sequences(Self.lengths)
        let model = TestModel.make()
        _ = model.train(sequences)
        let plain = model.gradientValues
        let masked = sequences.reduce(0) { $0 + $1.maskedPositions.count }
        _ = model.train(
            sequences, scale: ObjectiveScale(masked: masked, sequences: 8, lossScale: 1024),
            seed: 1, accumulate: false)
        #expect(distance(model.gradientValues, plain.map { 1024 * $0 }) < 1e-3 * norm(plain))
    }

    @Test("more predictions than are decoded at once")
    func manyPredictions() {
        let sequences = TestModel.sequences(Array(repeating: 35, count: 20)).map(\.predictingAll)
        let scale = TestModel.scale(sequences)
        let model = TestModel.make(sequences: 20)
        let outcomes = model.train(sequences)
        let whole = model.gradientValues
        model.gradients.vector.fill(.nan)
        for (index, sequence) in sequences.enumerated() {
            let alone = model.train([sequence], scale: scale, seed: 1, accumulate: index > 0)
            #expect(alone == [outcomes[index]])
        }
        #expect(distance(model.gradientValues, whole) < 1e-6 * norm(whole))
    }

    /// A sequence too short for a pair, with its last token to predict.
    private static func short(_ length: Int) -> PretrainingSample {
        PretrainingSample(
            identity: SampleIdentity(epoch: 0, index: 40), tokenIDs: Array([7, 11].suffix(length)),
            segmentIDs: Array([0, 1].suffix(length)),
            maskedPositions: [Int32(length - 1)], maskedLabels: [13], isRandomNext: true)
    }

    @Test("every length that a sequence can have")
    func lengths() {
        let model = TestModel.make()
        for length in 1...35 {
            let sequences =
                length < 3
                ? [Self.short(length), Self.short(length)]
                : TestModel.sequences([length, length])
            let outcomes = model.train(sequences)
            #expect(outcomes.allSatisfy { $0.maskedLoss.isFinite && $0.maskedLoss > 0 })
            #expect(model.gradientValues.allSatisfy { $0.isFinite })
            #expect(outcomes == model.evaluate(sequences))
        }
    }

    @Test("a batch with nothing to predict", arguments: [0, 5], TestModel.sets)
    func nothingMasked(room: Int, set: InstructionSet) {
        let configuration = TestModel.configuration()
        let model = BERTForPreTraining(
            configuration, for: .training,
            capacity: BatchCapacity(sequences: 3, sequenceLength: 35, maskedPerSequence: room),
            executor: KernelExecutor(threads: 2, instructionSet: set))
        model.initialize(seed: 3)
        var sequences = TestModel.sequences([9, 3, 35])
        for index in sequences.indices {
            sequences[index].maskedPositions = []
            sequences[index].maskedLabels = []
        }
        let outcomes = model.train(sequences)
        #expect(outcomes.allSatisfy { $0.masked == 0 && $0.maskedLoss == 0 })
        #expect(outcomes.allSatisfy { $0.nextSentenceLoss > 0 })
        #expect(outcomes == model.evaluate(sequences))
        for parameter in model.layout.parameters {
            let gradient = model.gradients[parameter.range].buffer
            #expect(gradient.allSatisfy { $0.isFinite }, "\(parameter.name)")
            if parameter.name.hasPrefix("cls.predictions") {
                #expect(gradient.allSatisfy { $0 == 0 }, "\(parameter.name)")
            }
        }
        #expect(norm(model.gradientValues) > 0)
    }
}

import BERT
import Kernels
import MPI
import MPITestSupport
import Optimization
import Samples
import Tensors
import Testing
import TrainingStep

/// The step of a replica, on every number of ranks that the tests run on.
@MainActor @Suite("replica's step") struct ReplicaStepTests {
    private static var sizes: BERTConfiguration {
        var sizes = BERTConfiguration(.tiny)
        sizes.vocabularySize = 40
        sizes.hiddenSize = 16
        sizes.heads = 2
        sizes.intermediateSize = 24
        sizes.maximumPositions = 8
        return sizes
    }

    private static func model() -> BERTForPreTraining {
        let model = BERTForPreTraining(
            sizes, for: .training,
            capacity: BatchCapacity(sequences: 4, sequenceLength: 7, maskedPerSequence: 2),
            executor: KernelExecutor(threads: 1))
        model.initialize(seed: 5)
        return model
    }

    private static func sequences(_ count: Int) -> [PretrainingSample] {
        (0..<count).map { sample in
            let tokens = (0..<7).map { Int32(5 + (7 * sample + 3 * $0) % 35) }
            return PretrainingSample(
                identity: SampleIdentity(epoch: 0, index: sample), tokenIDs: tokens,
                segmentIDs: [0, 0, 0, 0, 1, 1, 1],
                maskedPositions: [1, 5], maskedLabels: [tokens[2], tokens[4]],
                isRandomNext: sample % 2 == 1)
        }
    }

    private func train(
        _ replica: ReplicaStep, _ model: BERTForPreTraining, _ batches: [[PretrainingSample]],
        rounds: Int? = nil
    ) throws -> Bool {
        let count = batches.reduce(0) { $0 + $1.count }
        let scale = ObjectiveScale(masked: 2 * count, sequences: count)
        return try replica.computeGradients(
            MicroBatchRounds(batches.count, of: rounds ?? batches.count)
        ) { index, accumulates, observer in
            _ = model.train(
                batches[index], scale: scale, seed: 5, accumulate: accumulates,
                observer: observer)
        }
    }

    private static func values(_ block: Block<Float>) -> [Float] { Array(block.vector.buffer) }

    @Test("the ranks' gradients are added up, also where one starts later")
    func sum() throws {
        let world = TestJob.world
        let (alone, model) = (Self.model(), Self.model())
        let single = try ReplicaStep(
            of: alone, optimizer: OptimizerSettings(), scaling: .fixed(1), among: nil)
        let all = Self.sequences(4)
        #expect(try train(single, alone, [Array(all[..<2]), Array(all[2...])]))
        let replica = try ReplicaStep(
            of: model, optimizer: OptimizerSettings(), scaling: .fixed(1), among: world)
        #expect(try train(replica, model, [Array(all[..<2]), Array(all[2...])], rounds: 3))
        for (sum, own) in zip(Self.values(model.gradients), Self.values(alone.gradients)) {
            let expected = own * Float(world.size)
            #expect(abs(sum - expected) <= 1e-5 * max(1, abs(expected)))
        }
        #expect(
            abs(try replica.gradientNorm() / (Double(world.size) * single.gradientNorm()) - 1)
                < 1e-5)
    }

    @Test("sharing the moments changes no bit", arguments: [1, 3])
    func sharded(steps: Int) throws {
        let world = TestJob.world
        let results = try [false, true].map { shards in
            let model = Self.model()
            let replica = try ReplicaStep(
                of: model, optimizer: OptimizerSettings(), scaling: .fixed(8), among: world,
                reduction: GradientReduction(shardsOptimizer: shards && world.size > 1))
            for number in 1...steps {
                _ = try train(replica, model, [Self.sequences(3)])
                let update = try replica.update(number: number, learningRate: 1e-2, loss: 1)
                #expect(!update.overflowed && update.lossScale == 8)
            }
            return Self.values(model.parameters)
        }
        #expect(results[0] == results[1])
        #expect(results[0] != Self.values(Self.model().parameters))
    }

    @Test("an overflow of one rank, or of the loss, skips the update on all and lowers the scale")
    func overflow() throws {
        let world = TestJob.world
        let model = Self.model()
        let replica = try ReplicaStep(
            of: model, optimizer: OptimizerSettings(),
            scaling: .dynamic(.init(initial: 64, interval: 2)), among: world)
        let before = Self.values(model.parameters)
        let all = Self.sequences(2)
        _ = try replica.computeGradients(
            MicroBatchRounds(1, of: 1),
            ready: { range in
                if world.rank == world.size - 1, range.contains(3) {
                    model.gradients[3..<4].fill(.infinity)
                }
            }
        ) { _, accumulates, observer in
            _ = model.train(
                all, scale: ObjectiveScale(masked: 4, sequences: 2), seed: 5,
                accumulate: accumulates, observer: observer)
        }
        #expect(try replica.update(number: 1, learningRate: 1, loss: 1).overflowed)
        #expect(replica.scaler.scale == 32 && Self.values(model.parameters) == before)
        _ = try train(replica, model, [all])
        #expect(try replica.update(number: 1, learningRate: 1, loss: .nan).overflowed)
        #expect(replica.scaler.scale == 16 && Self.values(model.parameters) == before)
        #expect(Self.values(replica.optimizer.firstMoment).allSatisfy { $0 == 0 })
        for number in 1...2 {
            _ = try train(replica, model, [all])
            #expect(try !replica.update(number: number, learningRate: 1, loss: 1).overflowed)
        }
        #expect(replica.scaler.scale == 32 && Self.values(model.parameters) != before)
    }
}

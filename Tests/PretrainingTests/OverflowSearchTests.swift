import BERT
import Corpus
import Distributed
import Glibc
import Kernels
import MPI
import MPITestSupport
import Optimization
import Pretraining
import Samples
import Tensors
import Testing

/// Search for an overflow's origin: the search order, and the meeting of ranks during it.
@MainActor @Suite("the search for an overflow", .serialized) struct OverflowSearchTests {
    /// Number of polls of one search on this rank, and its result. Overflows happen on the last
    /// rank, in the last of five samples, which is in the second of two micro-batches.
    private func search(
        stopAtPoll last: Int = .max
    ) throws -> (polls: Int, finding: OverflowFinding?, wasBrokenOff: Bool) {
        let world = TestJob.world
        var polls = 0
        let stopPoll = StopPoll(among: world) {
            // Long enough that each of its calls is an agreement.
            usleep(60_000)
            polls += 1
            return polls == last
        }
        let model = BERTForPreTraining(
            Self.sizes, for: .training,
            capacity: BatchCapacity(sequences: 3, sequenceLength: 9, maskedPerSequence: 1),
            executor: KernelExecutor(threads: 1))
        model.initialize(seed: 3)
        let trainer = try Trainer(
            model: model, optimizer: OptimizerSettings(name: .adamw), communicator: world, seed: 3,
            stopPoll: stopPoll,
            injection: OverflowInjection("\(world.size - 1):1"))
        let plan = Trainer.StepPlan(
            samples: (0..<5).map { SampleIdentity(epoch: 0, index: $0) }, source: Source(),
            micro: 3, rounds: 2, number: 1, learningRate: 0)
        let result = try trainer.findOverflow(
            plan, scale: ObjectiveScale(masked: 5 * world.size, sequences: 5 * world.size))
        return (polls, result.finding, result.wasBrokenOff)
    }

    @Test("the samples of a batch are tried one by one, and all ranks meet after each")
    func meets() throws {
        let (polls, finding, wasBrokenOff) = try search()
        // After the first micro-batch, and after each sample that the second has room for.
        #expect(polls == 1 + 3 && !wasBrokenOff)
        let isHere = TestJob.world.rank == TestJob.world.size - 1
        #expect((finding != nil) == isHere)
        guard let finding else { return }
        #expect(finding.pass.tensor?.parameter.name == OverflowInjection.parameter)
        #expect(finding.pass.lossIsFinite)
        #expect(finding.batch.map(\.identity.index) == [3, 4])
        #expect(finding.suspects.map(\.identity.index) == [4])
    }

    @Test("the first output that is not finite in the forward pass is named")
    func forward() throws {
        let world = TestJob.world
        let isHere = world.rank == world.size - 1
        let model = BERTForPreTraining(
            Self.sizes, for: .training,
            capacity: BatchCapacity(sequences: 3, sequenceLength: 9, maskedPerSequence: 1),
            executor: KernelExecutor(threads: 1), precision: .fp16)
        model.initialize(seed: 3)
        let name = "bert.encoder.layer.0.intermediate.dense"
        let bias = try #require(model.layout["\(name).bias"])
        // Finite in fp32, in which biases are added; not in fp16.
        if isHere { model.parameters[bias.range].fill(1e6) }
        let trainer = try Trainer(
            model: model, optimizer: OptimizerSettings(name: .adamw), communicator: world, seed: 3,
            stopPoll: StopPoll(among: world) { false })
        let plan = Trainer.StepPlan(
            samples: (0..<3).map { SampleIdentity(epoch: 0, index: $0) }, source: Source(),
            micro: 3, rounds: 1, number: 1, learningRate: 0)
        let finding = try trainer.findOverflow(
            plan, scale: ObjectiveScale(masked: 3 * world.size, sequences: 3 * world.size)
        ).finding
        #expect((finding != nil) == isHere)
        #expect(finding?.pass.module == (isHere ? name : nil))
        #expect(finding?.pass.lossIsFinite != true)
    }

    @Test("a signal breaks it off on all ranks, also among the samples", arguments: 1...4)
    func brokenOff(poll: Int) throws {
        let (polls, finding, wasBrokenOff) = try search(stopAtPoll: poll)
        #expect(polls == poll && finding == nil && wasBrokenOff)
    }

    @Test("tensors are looked at in the order in which gradients are computed")
    func order() {
        let layout = ParameterLayout.pretraining(Self.sizes)
        func names(_ range: Range<Int>) -> [String] { layout.backwardOrder(range).map(\.name) }
        func pair(_ name: String) -> [String] { ["\(name).bias", "\(name).weight"] }
        let heads =
            pair("cls.predictions.transform.LayerNorm") + pair("cls.predictions.transform.dense")
            + pair("cls.seq_relationship") + pair("bert.pooler.dense")
        let (bias, words) = ("cls.predictions.bias", "bert.embeddings.word_embeddings.weight")
        let start = layout["bert.pooler.dense.weight"]?.range.lowerBound ?? 0
        // The decoder's part of the token embedding comes with the heads.
        #expect(names(start..<layout.count) == [bias, words] + heads)
        let attention = "bert.encoder.layer.0.attention"
        let projections = ["value", "key", "query"].map { "\(attention).self.\($0)" }
        let layer =
            pair("bert.encoder.layer.0.output.LayerNorm")
            + pair("bert.encoder.layer.0.output.dense")
            + pair("bert.encoder.layer.0.intermediate.dense")
            + pair("\(attention).output.LayerNorm") + pair("\(attention).output.dense")
            + projections.map { "\($0).bias" } + projections.map { "\($0).weight" }
        let first = layout["\(attention).self.query.weight"]?.range.lowerBound ?? 0
        #expect(names(first..<start) == layer)
        let embeddings =
            pair("bert.embeddings.LayerNorm")
            + ["token_type_embeddings", "position_embeddings"].map {
                "bert.embeddings.\($0).weight"
            }
        #expect(names(0..<first) == embeddings + [words])
        // Each once.
        #expect(names(0..<layout.count) == [bias] + heads + layer + embeddings + [words])
    }

    private static var sizes: BERTConfiguration {
        var sizes = BERTConfiguration()
        (sizes.vocabularySize, sizes.hiddenSize, sizes.layers, sizes.heads) = (11, 8, 1, 2)
        (sizes.intermediateSize, sizes.maximumPositions) = (12, 9)
        return sizes
    }

    /// Samples of 5 to 9 tokens with one prediction.
    private struct Source: SampleSource {
        let vocabularySize = 11
        let maximumLength = 9
        let fingerprint = ""
        let corpora: [SourceCorpus] = []

        func sampleCount(epoch: Int) -> Int { 5 }

        func sample(epoch: Int, index: Int) -> PretrainingSample {
            let length = 5 + index
            return PretrainingSample(
                identity: SampleIdentity(epoch: epoch, index: index),
                tokenIDs: (0..<length).map { Int32(($0 * 3 + index) % 11) },
                segmentIDs: (0..<length).map { $0 < 3 ? 0 : 1 }, maskedPositions: [2],
                maskedLabels: [Int32(index)], isRandomNext: index % 2 == 0)
        }
    }
}

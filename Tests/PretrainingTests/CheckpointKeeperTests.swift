import BERT
import Checkpointing
import DurableFiles
import Kernels
import MPI
import MPITestSupport
import Optimization
import Pretraining
import Reporting
import Runtime
import TemporaryDirectories
import Tensors
import Testing
import Tokenization

/// Copies of the state, and the behaviour if there is no memory for them. Also under mpirun.
@MainActor @Suite(.serialized) struct CheckpointKeeperTests {
    /// A model, its optimizer, and a keeper of their checkpoints in a directory of all ranks.
    @MainActor private struct Bed {
        let world = TestJob.world
        let scratch: TemporaryDirectory?
        let store: CheckpointStore
        let model: BERTForPreTraining
        let optimizer: Optimizer
        let keeper: CheckpointKeeper
        /// Outcomes of checkpoints.
        let outcomes = Outcomes()

        final class Outcomes {
            var all: [CheckpointKeeper.Outcome] = []
        }

        init(takeMemory: @escaping CheckpointKeeper.TakeMemory) throws {
            scratch = world.rank == 0 ? TemporaryDirectory() : nil
            let path = try world.broadcast(bytes: Array((scratch?.path ?? "").utf8))
            store = CheckpointStore(run: String(decoding: path, as: UTF8.self))
            var sizes = BERTConfiguration()
            (sizes.vocabularySize, sizes.hiddenSize, sizes.layers, sizes.heads) = (11, 8, 1, 2)
            (sizes.intermediateSize, sizes.maximumPositions) = (12, 9)
            model = BERTForPreTraining(
                sizes, for: .training,
                capacity: BatchCapacity(sequences: 1, sequenceLength: 9, maskedPerSequence: 1),
                executor: KernelExecutor(threads: 1))
            model.initialize(seed: 3)
            optimizer = Optimizer(
                settings: OptimizerSettings(name: .adamw), layout: model.layout,
                executor: model.executor)
            for index in 0..<model.layout.count {
                optimizer.firstMoment.vector.buffer[index] = Float(index)
                optimizer.secondMoment.vector.buffer[index] = Float(-index)
            }
            keeper = CheckpointKeeper(
                RunConfiguration.Checkpoint(), store: store, communicator: world,
                takeMemory: takeMemory)
            keeper.report = { [outcomes] in outcomes.all.append($0) }
        }

        /// Begins the checkpoint of `step`.
        func begin(_ step: Int) throws {
            var state = TrainingState()
            state.step = step
            try keeper.begin(
                state, model: model,
                moments: FlatMoments(of: optimizer, part: world.rank, of: world.size),
                description: ModelDescription(
                    configuration: "{}", vocabulary: "[PAD]\n", tokenizer: TokenizerSettings()))
        }

        /// The first moments in the only checkpoint, after verification; all ranks read it.
        func firstMoments() throws -> [Float] {
            let (found, skipped) = try store.newestGood()
            #expect(skipped.isEmpty)
            let checkpoint = try #require(found)
            var values = [Float](repeating: 0, count: model.layout.count)
            var others = values
            var first = values.mutableSpan
            var second = others.mutableSpan
            try checkpoint.readMoments(
                [0..<model.layout.count], of: model.layout, into: &first, &second)
            return values
        }

        var expected: [Float] { (0..<model.layout.count).map { Float($0) } }

        /// Changes the state that the checkpoint was begun with, as the next step does.
        func train() {
            optimizer.firstMoment.vector.buffer.update(repeating: -1)
        }
    }

    @Test("with memory it runs in the background, while training changes the state")
    func beside() throws {
        let bed = try Bed(takeMemory: CheckpointSnapshot.init)
        #expect(try bed.keeper.reserve(count: bed.model.layout.count))
        try bed.begin(4)
        // It takes two calls of `advanceStage` to end.
        #expect(bed.outcomes.all.isEmpty)
        bed.train()
        while bed.outcomes.all.isEmpty {
            if try bed.world.allReduce(Int64(bed.keeper.isBusyLocally ? 1 : 0), .sum) == 0 {
                try bed.keeper.advanceStage()
            }
        }
        #expect(try bed.firstMoments() == bed.expected)
        try bed.world.barrier()
    }

    /// The allocation fails on one rank, the first or the last, so the others free theirs.
    @Test("without memory on any rank all wait until it is written", arguments: [true, false])
    func waits(isFirst: Bool) throws {
        let world = TestJob.world
        let short = isFirst ? 0 : world.size - 1
        var asked: [Int] = []
        weak var given: CheckpointSnapshot?
        let bed = try Bed { parameters, moments in
            asked = [parameters, moments]
            let snapshot =
                world.rank == short
                ? nil : CheckpointSnapshot(parameterCount: parameters, momentCount: moments)
            given = snapshot
            return snapshot
        }
        let count = bed.model.layout.count
        #expect(try !bed.keeper.reserve(count: count))
        #expect(asked[0] == (world.rank == 0 ? count : 0))
        #expect((count / world.size...count / world.size + 1).contains(asked[1]))
        #expect(given == nil, "memory that nobody uses")
        for step in [4, 8] {
            try bed.begin(step)
            // It has ended, so nothing can be resumed.
            #expect(!bed.keeper.isBusyLocally && bed.outcomes.all.count == step / 4)
            guard case .published(let record, nil) = bed.outcomes.all.last else {
                Issue.record("\(bed.outcomes.all)")
                return
            }
            #expect(record.step == step && record.stalledSeconds > 0)
            #expect(try bed.store.list().map(\.step).contains(step))
        }
        #expect(try bed.firstMoments() == bed.expected)
        try world.barrier()
    }

    @Test("a failed foreground checkpoint is reported, and the next one is tried")
    func fails() throws {
        let bed = try Bed { _, _ in nil }
        #expect(try !bed.keeper.reserve(count: bed.model.layout.count))
        if bed.world.rank == 0 {
            // A file at the path of the checkpoints' directory.
            try WholeFiles.writeAtomically(bed.store.directory, [])
        }
        try bed.begin(4)
        guard case .failed(4, _) = bed.outcomes.all.last else {
            Issue.record("\(bed.outcomes.all)")
            return
        }
        if bed.world.rank == 0 { try Paths.remove(bed.store.directory) }
        try bed.world.barrier()
        try bed.begin(8)
        #expect(bed.outcomes.all.count == 2)
        #expect(try bed.firstMoments() == bed.expected)
        try bed.world.barrier()
    }

    @Test("a run without checkpoints on their way takes no memory for them")
    func nothing() throws {
        for change: (inout RunConfiguration.Checkpoint) -> Void in [
            { $0.background = false },
            { ($0.everySteps, $0.everyMinutes) = (0, 0) },
        ] {
            var settings = RunConfiguration.Checkpoint()
            change(&settings)
            let keeper = CheckpointKeeper(
                settings, store: CheckpointStore(run: "/nowhere"), communicator: TestJob.world
            ) { _, _ in
                Issue.record("memory was asked for")
                return nil
            }
            #expect(try keeper.reserve(count: 100))
        }
    }
}

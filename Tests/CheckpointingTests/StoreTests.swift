import Checkpointing
import DurableFiles
import TemporaryDirectories
import Tensors
import Testing

@Suite struct StoreTests {
    private func retained(
        _ steps: [Int], damaged: Set<Int> = [], keepLast: Int, keepEvery: Int = 0,
        scores: [Int: Double] = [:]
    ) throws -> [Int] {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            try Paths.createDirectory(store.directory)
            for step in steps {
                let checkpoint = try Sample.publish(store, step: step, parts: 1)
                if damaged.contains(step) {
                    try WholeFiles.writeAtomically(checkpoint.path + "/model.h5", "damaged")
                }
            }
            let deleted = try store.retain(keepLast: keepLast, keepEvery: keepEvery, scores: scores)
            let left = try store.list().map(\.step)
            #expect(deleted.count + left.count == steps.count)
            #expect(try Paths.names(in: store.directory).count == left.count)
            return left.reversed()
        }
    }

    @Test("the newest stay, and the multiples")
    func retention() throws {
        let steps = [10, 20, 30, 40, 50]
        #expect(try retained(steps, keepLast: 2) == [40, 50])
        #expect(try retained(steps, keepLast: 9) == steps)
        #expect(try retained(steps, keepLast: 0) == [50])
        #expect(try retained(steps, keepLast: 1, keepEvery: 20) == [20, 40, 50])
        #expect(try retained([0, 7], keepLast: 1, keepEvery: 5) == [7])
        #expect(try retained([], keepLast: 1) == [])
    }

    @Test("the best one stays, of equal ones the first, until there is a better one")
    func best() throws {
        let steps = [10, 20, 30, 40]
        #expect(try retained(steps, keepLast: 1, scores: [10: 0.5, 20: 0.7, 30: 0.6]) == [20, 40])
        #expect(try retained(steps, keepLast: 1, scores: [10: 0.5, 20: 0.5]) == [10, 40])
        // A better score without a checkpoint protects nothing.
        #expect(try retained(steps, keepLast: 1, scores: [25: 0.9, 30: 0.6, 10: 0.1]) == [30, 40])
        #expect(try retained(steps, keepLast: 1, scores: [40: 0.9, 30: 0.6]) == [40])
    }

    @Test("the last good one is never deleted")
    func lastGood() throws {
        let steps = [10, 20, 30, 40]
        #expect(try retained(steps, damaged: [30, 40], keepLast: 2) == [20, 30, 40])
        #expect(try retained(steps, damaged: [20, 30, 40], keepLast: 1) == [10, 40])
        #expect(try retained(steps, damaged: [40], keepLast: 2) == [30, 40])
        #expect(try retained(steps, damaged: [30, 40], keepLast: 1, keepEvery: 20) == [20, 40])
        #expect(try retained(steps, damaged: Set(steps), keepLast: 2) == [30, 40])
    }

    @Test("newest first; other names do not count")
    func list() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            #expect(try store.list().isEmpty)
            for name in [
                "step-00000002", "step-00000010", "step-123456789", "step-1", "step--0000001",
                "step-", "step-0000000x", "best", ".step-00000003.pending-a-1-b",
            ] { try Paths.createDirectory(Paths.join(store.directory, name)) }
            #expect(try store.list().map(\.step) == [123_456_789, 10, 2])
        }
    }

    @Test("a checkpoint is never replaced")
    func again() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            try Sample.publish(store, step: 5, parts: 1)
            #expect(throws: FileError.self) { try Sample.publish(store, step: 5, parts: 2) }
            #expect(try Checkpoint.open(directory).checkpoint.manifest.metadata.optimizerParts == 1)
        }
    }

    @Test("differences by tensor")
    func differences() throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let a = SavedModel.checkpoint(try Sample.publish(store, step: 0))
            let b = SavedModel.checkpoint(try Sample.publish(store, step: 3))
            let same = try SavedModel.differences(a, a)
            #expect(same.map(\.name) == Sample.layout.parameters.map(\.name).sorted())
            #expect(same.allSatisfy { $0.isEqual && $0.relativeNorm == 0 })
            let other = try SavedModel.differences(a, b)
            #expect(other.allSatisfy { !$0.isEqual && abs($0.maximum - 1) < 1e-6 })
            let bias = try #require(other.first { $0.name == "one" })
            let value = try #require(Sample.layout["one"]).range.lowerBound
            let expected = 1 / abs(Double(Sample.values(3)[value]))
            #expect(abs(bias.relativeNorm - expected) < 1e-6)
            let foreign = try SavedModel.open(fixture("saved")).model
            let mixed = try SavedModel.differences(a, foreign)
            #expect(mixed.contains { $0.mismatch?.hasPrefix("only in ") == true })
            #expect(mixed.contains { $0.mismatch == "shape [11, 3] and [11, 6]" })
        }
    }

    @Test("numbers that are not finite are found, and the tensor named", arguments: [0, 1, 2])
    func notFinite(block: Int) throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let writer = try CheckpointWriter.begin(
                in: store, step: 1, parameterCount: Sample.layout.count)
            var damaged = (0..<3).map(Sample.values)
            damaged[block][35] = [.nan, .infinity, -.infinity][block]
            let (parameters, first, second) = (damaged[0], damaged[1], damaged[2])
            try CheckpointWriter.writeModel(
                path: writer.path, layout: Sample.layout, parameters: parameters.span,
                description: Sample.description, state: Sample.state(step: 1))
            try CheckpointWriter.writeOptimizerPart(
                path: writer.path, index: 0, of: 1, range: 0..<Sample.layout.count,
                total: Sample.layout.count, optimizer: "lamb", firstMoment: first.span,
                secondMoment: second.span)
            let checkpoint = try writer.publish()
            try checkpoint.verify()
            let error = #expect(throws: CheckpointError.self) { try checkpoint.verifyNumbers() }
            #expect(error?.exitCode == 65)
            let name = ["bert.embeddings.LayerNorm.weight", "exp_avg", "exp_avg_sq"][block]
            #expect(error?.message.hasPrefix("\(name) holds ") == true)
        }
    }
}

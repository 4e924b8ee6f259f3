import Checkpointing
import DurableFiles
import TemporaryDirectories
import Tensors
import Testing

@Suite struct RoundTripTests {
    @Test("all comes back, whatever the number of parts", arguments: [1, 2, 3, 5, 8])
    func roundTrip(parts: Int) throws {
        try withTemporaryDirectory { directory in
            let store = CheckpointStore(run: directory)
            let checkpoint = try Sample.publish(store, step: 500, parts: parts)
            #expect(checkpoint.path == directory + "/checkpoints/step-00000500")
            try checkpoint.verify()
            let (opened, skipped) = try Checkpoint.open(directory)
            #expect(opened.path == checkpoint.path && skipped.isEmpty)
            #expect(opened.step == 500 && opened.manifest.metadata.optimizerParts == parts)
            #expect(opened.manifest.metadata.parameterCount == Sample.layout.count)
            #expect(try opened.description() == Sample.description)
            #expect(try opened.trainingState() == Sample.state(step: 500))
            #expect(try Sample.parameters(opened) == Sample.values(500))
            let (first, second) = (Sample.values(501), Sample.values(502))
            let total = Sample.layout.count
            for readers in [1, 2, 3, 5, 8] {
                for range in Sample.ranges(readers) {
                    let read = try Sample.moments(opened, range)
                    #expect(read.first == Array(first[range]))
                    #expect(read.second == Array(second[range]))
                }
            }
            for start in stride(from: 0, to: total, by: 7) {
                let read = try Sample.moments(opened, start..<(start + 1))
                #expect(read.first == [first[start]] && read.second == [second[start]])
            }
        }
    }

    @Test("the same content gives the same bytes in every file")
    func identicalBytes() throws {
        try withTemporaryDirectory { directory in
            let a = try Sample.publish(CheckpointStore(run: directory + "/a"), step: 7, parts: 3)
            let b = try Sample.publish(CheckpointStore(run: directory + "/b"), step: 7, parts: 3)
            let names = try Paths.names(in: a.path)
            #expect(
                names == [
                    "manifest.json", "model.h5", "optimizer.1-of-3.h5", "optimizer.2-of-3.h5",
                    "optimizer.3-of-3.h5",
                ])
            for name in names {
                #expect(try bytes("\(a.path)/\(name)") == bytes("\(b.path)/\(name)"))
            }
        }
    }

    @Test("any of the paths that a person may give")
    func paths() throws {
        try withTemporaryDirectory { directory in
            try Sample.publish(CheckpointStore(run: directory), step: 1)
            let newest = try Sample.publish(CheckpointStore(run: directory), step: 20)
            for path in [
                directory, directory + "/", directory + "/checkpoints",
                directory + "/checkpoints/step-00000020",
            ] {
                #expect(try Checkpoint.open(path).checkpoint.step == newest.step)
                #expect(try SavedModel.open(path).model.description() == Sample.description)
            }
            #expect(
                try Checkpoint.open(directory + "/checkpoints/step-00000001").checkpoint.step == 1)
        }
    }

    @Test("a digest identifies the content, wherever it is stored")
    func digest() throws {
        try withTemporaryDirectory { directory in
            let stores = ["a", "b"].map { CheckpointStore(run: "\(directory)/\($0)") }
            let same = try stores.map { try Sample.publish($0, step: 7).digest() }
            #expect(same[0] == same[1] && same[0].count == 64)
            #expect(try Sample.publish(stores[0], step: 8).digest() != same[0])
        }
    }

    @Test("states that no run can be in are refused, those of older versions are read")
    func states() throws {
        try withTemporaryDirectory { directory in
            let changes: [(inout TrainingState) -> Void] = [
                { $0.tokens = .max }, { $0.samples = -1 }, { $0.epoch = 1 << 54 },
                { $0.phaseStep = 8 }, { $0.lossScale = 0 }, { $0.positionInEpoch = .min },
                { $0.skippedSteps = -1 }, { $0.overflowsInARow = 1 },
                { ($0.skippedSteps, $0.overflowsAtMinimum) = (1, 1) },
            ]
            for (index, change) in changes.enumerated() {
                let error = #expect(throws: CheckpointError.self) {
                    try publish(in: "\(directory)/\(index)", change)
                }
                #expect(error?.message.contains("training state") == true)
            }
            let old = try publish(in: directory + "/old") { _ in }
            #expect(old.resumedFrom == nil && old.skippedSteps == 0)
            let skipping = try publish(in: directory + "/skipping") {
                ($0.skippedSteps, $0.overflowsInARow, $0.overflowsAtMinimum) = (5, 3, 2)
            }
            #expect(skipping.skippedSteps == 5)
            #expect(skipping.overflowsInARow == 3 && skipping.overflowsAtMinimum == 2)
            let named = try publish(in: directory + "/new") {
                $0.resumedFrom = "abc"
                $0.resumedFromPath = "../source"
            }
            #expect(named.resumedFrom == "abc")
            #expect(named.resumedFromPath == "../source")
        }
    }

    /// Publishes a checkpoint of step 7 with a changed state, and reads it back.
    private func publish(
        in run: String, _ change: (inout TrainingState) -> Void
    ) throws -> TrainingState {
        let writer = try CheckpointWriter.begin(
            in: CheckpointStore(run: run), step: 7, parameterCount: Sample.layout.count)
        var state = Sample.state(step: 7)
        change(&state)
        let parameters = Sample.values(7)
        let span = parameters.span
        try CheckpointWriter.writeModel(
            path: writer.path, layout: Sample.layout, parameters: span,
            description: Sample.description, state: state)
        return try writer.publish().trainingState()
    }

    @Test("NaN and infinity in moments keep their bits; in parameters they are refused")
    func nonFinite() throws {
        try withTemporaryDirectory { directory in
            var values = Sample.values(0)
            values[40] = .nan
            let writer = try CheckpointWriter.begin(
                in: CheckpointStore(run: directory), step: 0, parameterCount: values.count)
            let span = values.span
            try CheckpointWriter.writeModel(
                path: writer.path, layout: Sample.layout, parameters: span,
                description: Sample.description,
                state: Sample.state(step: 0))
            try CheckpointWriter.writeOptimizerPart(
                path: writer.path, index: 0, of: 1, range: 0..<values.count, total: values.count,
                optimizer: "adamw", firstMoment: span, secondMoment: span)
            let checkpoint = try writer.publish()
            let moments = try Sample.moments(checkpoint, 0..<values.count)
            #expect(moments.first.map(\.bitPattern) == values.map(\.bitPattern))
            let error = #expect(throws: CheckpointError.self) { try Sample.parameters(checkpoint) }
            #expect(error?.message.contains("deep holds nan at element 3") == true)
        }
    }
}

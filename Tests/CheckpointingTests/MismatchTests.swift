import Checkpointing
import DurableFiles
import HDF5
import TemporaryDirectories
import Tensors
import Testing

/// A complete checkpoint of another model, or not a checkpoint at all.
@Suite struct MismatchTests {
    private func readError(_ entries: [(name: String, shape: [Int], decays: Bool)]) throws -> String
    {
        try withTemporaryDirectory { directory in
            let checkpoint = try Sample.publish(CheckpointStore(run: directory), step: 1)
            let layout = ParameterLayout(entries)
            var block = [Float](repeating: 0, count: layout.count)
            let error = #expect(throws: CheckpointError.self) {
                var span = block.mutableSpan
                try checkpoint.readParameters(layout, into: &span)
            }
            #expect(error?.exitCode == 65)
            #expect(error?.path == checkpoint.path + "/model.h5")
            return error?.message ?? ""
        }
    }

    private var entries: [(name: String, shape: [Int], decays: Bool)] {
        Sample.layout.parameters.map { ($0.name, $0.shape, $0.decays) }
    }

    @Test("a missing tensor, one too many, another shape")
    func tensors() throws {
        let lacks = try readError(entries + [("bert.pooler.dense.bias", [3], false)])
        #expect(lacks == "lacks bert.pooler.dense.bias; is it of another model?")
        let extra = try readError(Array(entries.dropFirst()))
        #expect(
            extra == "has bert.embeddings.word_embeddings.weight, which this model does not; check"
                + " the model's configuration")
        var other = entries
        other[3].shape = [2, 3, 5, 1]
        #expect(
            try readError(other) == "deep has shape [2, 3, 1, 5], the model needs [2, 3, 5, 1];"
                + " check the model's configuration")
        let many = (0..<9).map { (name: "new\($0)", shape: [1], decays: true) }
        #expect(
            try readError(entries + many)
                == "lacks new0, new1, new2 and 6 more; is it of another model?")
    }

    @Test("moments of another order are not silently mixed up")
    func order() throws {
        try withTemporaryDirectory { directory in
            let checkpoint = try Sample.publish(CheckpointStore(run: directory), step: 1)
            let reversed = ParameterLayout(entries.reversed())
            var block = [Float](repeating: 0, count: reversed.count)
            var span = block.mutableSpan
            // Parameters are looked up by name, so their order does not matter.
            try checkpoint.readParameters(reversed, into: &span)
            #expect(throws: CheckpointError.self) {
                try Sample.moments(checkpoint, 0..<1, layout: reversed)
            }
        }
    }

    @Test("paths without a checkpoint")
    func nothing() throws {
        try withTemporaryDirectory { directory in
            let nowhere = #expect(throws: CheckpointError.self) {
                _ = try Checkpoint.open(directory + "/nowhere")
            }
            #expect(nowhere?.exitCode == 66)
            let empty = #expect(throws: CheckpointError.self) { _ = try Checkpoint.open(directory) }
            #expect(
                empty?.message.hasPrefix("holds no checkpoint") == true && empty?.exitCode == 66)
            let unfinished = directory + "/checkpoints/step-00000003"
            try Paths.createDirectory(unfinished)
            let bad = #expect(throws: CheckpointError.self) { _ = try Checkpoint.open(directory) }
            #expect(bad?.message.contains("none of its 1 checkpoints is good") == true)
            #expect(bad?.message.contains("it has no manifest.json") == true)
        }
    }

    @Test("HDF5 files and manifests of another kind")
    func otherKinds() throws {
        try withTemporaryDirectory { directory in
            try File.create(directory + "/model.h5") { _ in }
            let error = #expect(throws: CheckpointError.self) {
                _ = try ModelFile.open(directory: directory)
            }
            #expect(error?.message == "is HDF5, but no checkpoint of this program")
            let summary = CheckpointSummary(
                kind: "corpus", step: 1, parameterCount: 0, optimizerParts: 0)
            let manifest = Manifest(formatVersion: 1, files: [], metadata: summary)
            try WholeFiles.writeAtomically(directory + "/manifest.json", manifest.json())
            #expect(throws: CheckpointError.self) { _ = try Checkpoint(directory: directory) }
        }
    }
}

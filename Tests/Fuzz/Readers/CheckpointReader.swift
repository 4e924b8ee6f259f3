import BERT
import Checkpointing
import DurableFiles
import HDF5
import Tensors
import Tokenization

/// A checkpoint: `manifest.json`, `model.h5` and the moments.
struct CheckpointReader: FuzzReader {
    let name = "checkpoint"
    let cost = 25
    let refusals: [any Error.Type] = [
        CheckpointError.self, HDF5Error.self, FileError.self, VocabularyError.self,
    ]

    private static let layout = ParameterLayout([
        ("bert.embeddings.word_embeddings.weight", [11, 3], true),
        ("bert.embeddings.LayerNorm.weight", [3], false),
        ("one", [1], true), ("deep", [2, 3, 1, 5], true), ("cls.predictions.bias", [11], false),
    ])

    private static func state() -> TrainingState {
        var state = TrainingState()
        state.step = 7
        state.samples = 700
        state.phaseStep = 7
        state.optimizerName = "lamb"
        state.resolvedConfiguration = ConfigurationReader.text
        state.corpusFingerprint = "0123abcd"
        return state
    }

    private static func write(_ scratch: String) throws -> Checkpoint {
        let store = CheckpointStore(directory: scratch + "/checkpoints")
        try? Paths.remove(store.directory)
        let writer = try CheckpointWriter.begin(
            in: store, step: 7, parameterCount: layout.count)
        let values = TinyModel.parameters(layout)
        let buffer = UnsafeBufferPointer(values.vector.buffer)
        let path = writer.path
        for (index, range) in [0..<40, 40..<layout.count].enumerated() {
            let part = UnsafeBufferPointer(rebasing: buffer[range])
            _ = try CheckpointShare(
                path: path, index: index, of: 2, range: range, total: layout.count,
                optimizer: "lamb", firstMoment: part, secondMoment: part,
                model: index > 0
                    ? nil
                    : CheckpointShare.Model(
                        layout: layout, parameters: buffer, description: TinyModel.description,
                        state: state())
            ).write()
        }
        defer { withExtendedLifetime(values) {} }
        return try writer.publish()
    }

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let checkpoint = try Self.write(scratch)
        var files = try ScratchFiles.files(in: checkpoint.path)
        for index in files.indices {
            let name = files[index].name
            let path = Paths.join(checkpoint.path, name)
            if name == "model.h5" {
                files[index].kind = .hdf5(try Self.model(path))
                files[index].weight = 12
            } else if name.hasSuffix(".h5") {
                files[index].kind = .hdf5(try Self.part(path))
                files[index].weight = 3
            }
        }
        return [FuzzInput(files: files)]
    }

    private static func model(_ path: String) throws -> HDF5Sketch {
        try HDF5Sketch(
            reading: path, groups: ["model", "training"],
            texts: ["vocabulary", "training/configuration", "training/layout"],
            attributes: [
                .init(name: "format", isText: true), .init(name: "format_version"),
                .init(group: "model", name: "config", isText: true),
                .init(group: "model", name: "do_lower_case"),
                .init(group: "training", name: "state", isText: true),
            ])
    }

    private static func part(_ path: String) throws -> HDF5Sketch {
        try HDF5Sketch(
            reading: path, datasets: ["exp_avg", "exp_avg_sq"],
            attributes: [
                .init(name: "start"), .init(name: "count"), .init(name: "total"),
                .init(name: "optimizer", isText: true),
            ])
    }

    func complete(_ input: inout FuzzInput, _ random: inout FuzzRandom) {
        if random.once(in: 12) { return }
        ManifestFiles.update(&input, CheckpointSummary.self)
    }

    func read(_ directory: String) throws {
        let checkpoint = try Checkpoint(directory: directory)
        var refusals: [any Error] = []
        // Each of them is read without the others somewhere, for example by other ranks.
        func attempt(_ body: () throws -> Void) throws(FuzzFault) {
            do {
                try body()
            } catch let fault as FuzzFault {
                throw fault
            } catch {
                refusals.append(error)
            }
        }
        try attempt { try checkpoint.verify() }
        try attempt {
            let description = try checkpoint.description()
            _ = try Vocabulary(utf8: Array(description.vocabulary.utf8), source: directory)
        }
        try attempt { _ = try checkpoint.trainingState() }
        try attempt {
            var values = [Float](repeating: 0, count: Self.layout.count)
            var span = values.mutableSpan
            try checkpoint.readParameters(Self.layout, into: &span)
            try FuzzFault.require(values.allSatisfy(\.isFinite), "a parameter is not finite")
        }
        try attempt {
            var first = [Float](repeating: 0, count: 30)
            var second = first
            var a = first.mutableSpan
            var b = second.mutableSpan
            try checkpoint.readMoments([5..<15, 35..<55], of: Self.layout, into: &a, &b)
        }
        try attempt {
            _ = try SavedModel.differences(.checkpoint(checkpoint), .checkpoint(checkpoint))
        }
        // The least documented error first, because thrown errors are judged.
        if let refusal = refusals.first(where: { Refusal.status(of: $0) == nil }) ?? refusals.first
        {
            throw refusal
        }
    }
}

/// `manifest.json` alone, of both kinds of directories.
struct ManifestReader: FuzzReader {
    let name = "manifest"
    let refusals: [any Error.Type] = [FileError.self]

    private static let text = """
        {"files": [{"bytes": 3, "path": "a.h5",
          "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
         {"bytes": 0, "path": "sub/b.txt",
          "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}],
         "format_version": 1,
         "metadata": {"kind": "bert-checkpoint", "step": 7, "parameters": 10, "optimizer_parts": 1}}
        """

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        [FuzzInput(ManifestFile.name, Self.text)]
    }

    func read(_ directory: String) throws {
        let manifest = try Manifest<CheckpointSummary>.read(from: directory, supportedVersion: 1)
        let written = directory + "/written"
        try Paths.createDirectory(written)
        try ScratchFiles.write(try manifest.json(), to: Paths.join(written, ManifestFile.name))
        do {
            let back = try Manifest<CheckpointSummary>.read(from: written, supportedVersion: 1)
            try FuzzFault.require(
                back.files == manifest.files && back.metadata == manifest.metadata,
                "it reads back as another")
        } catch let error as FileError {
            throw FuzzFault("it does not read back: \(error)")
        }
        // The files it lists are missing: that is reported, and nothing outside is accessed.
        do {
            try manifest.verify(directory)
            try FuzzFault.require(manifest.files.isEmpty, "files that are not there are verified")
        } catch let error as FileError {
            try FuzzFault.require(
                error.path.hasPrefix(directory), "it looked at \(error.path)")
        }
    }
}

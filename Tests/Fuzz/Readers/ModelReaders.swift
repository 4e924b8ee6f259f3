import BERT
import Checkpointing
import DurableFiles
import FineTuning
import FoundationEssentials
import HDF5
import Models
import Tensors
import Tokenization

/// A model so small that thousands can be read per second.
enum TinyModel {
    static let configuration = """
        {"model_type": "bert", "vocab_size": 128, "hidden_size": 4, "num_hidden_layers": 1,
         "num_attention_heads": 2, "intermediate_size": 6, "hidden_act": "gelu",
         "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
         "max_position_embeddings": 16, "type_vocab_size": 2, "initializer_range": 0.02,
         "layer_norm_eps": 1e-12, "pad_token_id": 0, "classifier_dropout": null}

        """

    static let description = ModelDescription(
        configuration: configuration,
        vocabulary: VocabularyReader.pieces.joined(separator: "\n") + "\n",
        tokenizer: TokenizerSettings(lowercase: true))

    static func decoded(_ text: String) throws -> BERTConfiguration {
        try JSONDecoder().decode(BERTConfiguration.self, from: Data(text.utf8))
    }

    static func parameters(_ layout: ParameterLayout) -> Block<Float> {
        let block = Block<Float>(count: layout.count)
        let values = block.vector.buffer
        for index in values.indices { values[index] = Float(index % 97) / 97 - 0.5 }
        return block
    }

    /// A directory of Hugging Face.
    static func writeHuggingFace(_ path: String) throws {
        let layout = ParameterLayout.pretraining(try decoded(configuration))
        try HuggingFaceDirectory.write(
            path, replacing: true, description: description,
            from: BlockTensors(layout, parameters(layout)))
    }

    /// Kinds of mutation of a model directory's files.
    static func kind(_ name: String) -> FuzzInput.Kind {
        name.hasSuffix(".safetensors") ? .safetensors : .text
    }
}

/// `model.safetensors`.
struct SafetensorsReader: FuzzReader {
    let name = "safetensors"
    let refusals: [any Error.Type] = [CheckpointError.self, FileError.self]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let header = """
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
            "b.c":{"dtype":"F16","shape":[4],"data_offsets":[24,32]},\
            "d":{"dtype":"BF16","shape":[],"data_offsets":[32,34]}}
            """
        let bytes =
            HostileValues.bytes(UInt64(header.utf8.count), width: 8) + Array(header.utf8)
            + (0..<34).map { UInt8($0) }
        return [
            FuzzInput(files: [
                FuzzInput.File(name: "model.safetensors", kind: .safetensors, bytes: bytes)
            ])
        ]
    }

    func read(_ directory: String) throws {
        let file = try SafetensorsFile.open(directory + "/model.safetensors")
        for name in file.tensorNames {
            let shape = try file.shape(of: name)
            var values = [Float](repeating: 0, count: shape.reduce(1, *))
            var span = values.mutableSpan
            try file.read(name, into: &span)
        }
    }
}

/// A directory of Hugging Face: `bert checkpoint import`, `model.initialize_from`.
struct HuggingFaceReader: FuzzReader {
    let name = "huggingface"
    let cost = 8
    let refusals: [any Error.Type] = [
        CheckpointError.self, FileError.self, VocabularyError.self, HDF5Error.self,
    ]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let path = scratch + "/model"
        try TinyModel.writeHuggingFace(path)
        return [FuzzInput(files: try ScratchFiles.files(in: path, kind: TinyModel.kind))]
    }

    func read(_ directory: String) throws {
        let stored = try StoredModel(SavedModel.open(directory).model)
        let parts = try stored.parts()
        var values = [Float](repeating: 0, count: parts.layout.count)
        var span = values.mutableSpan
        try stored.saved.readParameters(parts.layout, into: &span)
        try FuzzFault.require(values.allSatisfy(\.isFinite), "a parameter is not finite")
        try importAndExport(directory, parts.layout)
    }

    /// An imported model is a checkpoint, and its export has the same contents.
    private func importAndExport(_ directory: String, _ layout: ParameterLayout) throws {
        let folder = Paths.parent(of: directory)
        let (imported, exported) = (folder + "/imported", folder + "/exported")
        let checkpoint = try Checkpoint.importHuggingFace(
            from: HuggingFaceDirectory(directory), to: imported, layout: layout, replacing: true)
        do {
            try checkpoint.verify()
            try checkpoint.exportHuggingFace(to: exported, replacing: true)
            let differences = try SavedModel.differences(
                .checkpoint(checkpoint), SavedModel.open(exported).model)
            try FuzzFault.require(
                differences.allSatisfy(\.isEqual), "the export changed a tensor")
        } catch let error where !(error is FuzzFault) {
            throw FuzzFault("what was imported is refused: \(error)")
        }
    }

    func isPlaced(_ message: String, _ directory: String) -> Bool {
        message.contains(Paths.parent(of: directory))
    }
}

/// A fine-tuned model's directory: `bert predict`.
struct FineTunedReader: FuzzReader {
    let name = "finetuned"
    let cost = 4
    let refusals: [any Error.Type] = [
        CheckpointError.self, FileError.self, VocabularyError.self, TaskDataError.self,
    ]

    private static let tasks = [
        """
        {"kind": "question_answering", "name": "q", "labels": [], "sequence_length": 16,
         "answers": "squad2", "null_threshold": 0, "stride": 3, "maximum_question_length": 4,
         "trial": "q/b/x", "scores": {"scores": []}}
        """,
        """
        {"kind": "classification", "name": "c", "labels": ["no", "yes"], "sequence_length": 16,
         "answers": "squad", "null_threshold": 0, "stride": 128, "maximum_question_length": 64,
         "pairs": true, "trial": "c/b/x",
         "scores": {"scores": [{"metric": "accuracy", "value": 0.5}]}}
        """,
    ]

    func seeds(_ scratch: String) throws -> [FuzzInput] {
        let path = scratch + "/model"
        try TinyModel.writeHuggingFace(path)
        let files = try ScratchFiles.files(in: path, kind: TinyModel.kind)
        return Self.tasks.map { task in
            var file = FuzzInput.File(name: FineTunedTask.fileName, bytes: Array(task.utf8))
            file.weight = 6
            return FuzzInput(files: files + [file])
        }
    }

    func read(_ directory: String) throws {
        let model = try FineTunedModel(directory)
        for line in RequestReader.lines {
            do { _ = try model.request(line: line, path: directory, number: 1) } catch {}
        }
    }
}

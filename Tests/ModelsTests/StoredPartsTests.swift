import BERT
import Checkpointing
import DurableFiles
import Models
import TemporaryDirectories
import Tensors
import Testing
import Tokenization

/// Model directories with tensors other than those of `BertForPreTraining`.
@Suite struct StoredPartsTests {
    /// Tensors of one value, under any names.
    private struct Constant: TensorSource {
        let path = "test"
        var tensors: [String: [Int]]
        var tensorNames: [String] { tensors.keys.sorted() }
        func shape(of name: String) throws -> [Int] { tensors[name] ?? [] }
        func read(_ name: String, into values: inout MutableSpan<Float>) throws {
            for index in values.indices { values[index] = 0.5 }
        }
    }

    private static let configuration = """
        {"vocab_size": 6, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
         "intermediate_size": 4, "max_position_embeddings": 8}
        """
    private static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"

    private func all() throws -> [String: [Int]] {
        let description = ModelDescription(
            configuration: Self.configuration, vocabulary: Self.vocabulary,
            tokenizer: TokenizerSettings())
        let layout = ParameterLayout.pretraining(try description.bertConfiguration(path: "test"))
        return Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0.shape) })
    }

    private func parts(
        configuration: String = configuration, vocabulary: String = vocabulary,
        _ change: (inout [String: [Int]]) -> Void
    ) throws -> StoredParts {
        let directory = TemporaryDirectory()
        let path = directory.file("model")
        var tensors = try all()
        change(&tensors)
        try HuggingFaceDirectory.write(
            path, replacing: false,
            description: ModelDescription(
                configuration: configuration, vocabulary: vocabulary,
                tokenizer: TokenizerSettings()),
            from: Constant(tensors: tensors))
        return try StoredModel(SavedModel.open(path).model).parts()
    }

    private func remove(_ tensors: inout [String: [Int]], _ prefix: String) {
        tensors = tensors.filter { !$0.key.hasPrefix(prefix) }
    }

    @Test("a whole model lacks nothing")
    func whole() throws {
        let parts = try parts { _ in }
        #expect(parts.missing.isEmpty && parts.notices.isEmpty)
        #expect(try parts.layout.parameters.count == all().count)
        try parts.requireWhole(for: "evaluate")
    }

    @Test("an encoder without heads, with one of them, without a pooler, under bare names")
    func encoders() throws {
        let bare = try parts { tensors in
            remove(&tensors, "cls.")
            tensors = Dictionary(
                uniqueKeysWithValues: tensors.map { (String($0.key.dropFirst(5)), $0.value) })
        }
        #expect(bare.missing == [.maskedWords, .nextSentence])
        #expect(bare.notices.count == 1 && bare.notices[0].contains("cls.predictions"))
        let error = #expect(throws: CheckpointError.self) {
            try bare.requireWhole(for: "evaluate")
        }
        #expect(error?.exitCode == 65)
        #expect(error?.message.contains("model.initialize_from") == true)
        let masked = try parts { tensors in
            remove(&tensors, "cls.seq_relationship.")
            remove(&tensors, "bert.pooler.")
        }
        #expect(masked.missing == [.pooler, .nextSentence])
    }

    @Test("heads of tasks are not read, and named")
    func taskHeads() throws {
        let parts = try parts { tensors in
            remove(&tensors, "cls.")
            tensors["classifier.weight"] = [3, 8]
            tensors["classifier.bias"] = [3]
        }
        #expect(parts.unread == ["classifier.bias", "classifier.weight"])
        #expect(parts.notices.last?.contains("classifier.bias") == true)
    }

    @Test("names, layers and shapes that do not fit are refused")
    func refused() throws {
        func message(_ change: (inout [String: [Int]]) -> Void) -> String {
            let error = #expect(throws: CheckpointError.self) { _ = try parts(change) }
            #expect(error?.exitCode == 65)
            return error?.message ?? ""
        }
        let prefixed = message { tensors in
            tensors = Dictionary(
                uniqueKeysWithValues: tensors.map { ("module." + $0.key, $0.value) })
        }
        #expect(prefixed.contains("begin with \"module.\""), "\(prefixed)")
        let inner = message { tensors in
            remove(&tensors, "cls.")
            tensors = Dictionary(
                uniqueKeysWithValues: tensors.map { ("encoder." + $0.key.dropFirst(5), $0.value) })
        }
        #expect(inner.contains("begin with \"encoder.\""), "\(inner)")
        let layer = message { $0["bert.encoder.layer.1.output.dense.bias"] = [8] }
        #expect(layer.contains("bert.encoder.layer.1.output.dense.bias"))
        let gone = message { $0["bert.encoder.layer.0.output.dense.bias"] = nil }
        #expect(gone.contains("lacks bert.encoder.layer.0.output.dense.bias"))
        let half = message { $0["cls.predictions.bias"] = nil }
        #expect(half.contains("lacks cls.predictions.bias"))
        let shape = message { $0["bert.pooler.dense.bias"] = [7] }
        #expect(shape.contains("bert.pooler.dense.bias has shape [7]"))
    }

    @Test("a vocabulary larger than the model, and a configuration of another model")
    func texts() throws {
        let large = #expect(throws: CheckpointError.self) {
            _ = try parts(vocabulary: Self.vocabulary + "b\n") { _ in }
        }
        #expect(large?.message.contains("has 7 entries") == true)
        let other = #expect(throws: CheckpointError.self) {
            _ = try parts(
                configuration: Self.configuration.replacing(
                    "{", with: "{\"hidden_act\": \"relu\", ")
            ) { _ in }
        }
        #expect(other?.message.contains("hidden_act is \"relu\"; only gelu") == true)
    }
}

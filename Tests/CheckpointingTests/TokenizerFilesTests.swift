import Checkpointing
import DurableFiles
import FoundationEssentials
import TemporaryDirectories
import Tensors
import Testing
import Tokenization

/// Tokenizer files of model directories; `Fixtures/tokenizer_cases.py` obtained the ids from
/// transformers.
@Suite struct TokenizerFilesTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var files: [String: String]
            var ids: [[Int32]]?
            var refused: String?
        }

        var texts: [String]
        var cases: [Case]
    }

    private static func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(bytes(fixture("tokenizers.json"))))
    }

    private func read(_ files: [String: String], _ directory: String) throws -> HuggingFaceDirectory
    {
        for (name, text) in files {
            try WholeFiles.writeAtomically("\(directory)/\(name)", text)
        }
        try WholeFiles.writeAtomically("\(directory)/config.json", "{\"model_type\": \"bert\"}")
        return try HuggingFaceDirectory(directory, textsOnly: true)
    }

    private func ids(_ description: ModelDescription, _ texts: [String]) throws -> [[Int32]] {
        let tokenizer = WordPieceTokenizer(
            vocabulary: try Vocabulary(utf8: Array(description.vocabulary.utf8)),
            settings: description.tokenizer)
        return texts.map(tokenizer.encode)
    }

    @Test("the ids of transformers, also after an export, or a refusal that names the key")
    func golden() throws {
        let golden = try Self.golden()
        #expect(golden.cases.count > 50)
        for example in golden.cases {
            try withTemporaryDirectory { directory in
                try Paths.createDirectory(directory + "/a")
                if let refused = example.refused {
                    let error = #expect(throws: CheckpointError.self) {
                        _ = try read(example.files, directory + "/a")
                    }
                    #expect(
                        error?.description.contains(refused) == true,
                        "\(refused): \(String(describing: error))")
                    return
                }
                let description = try read(example.files, directory + "/a").description
                let name =
                    "\(example.files["tokenizer_config.json"] ?? example.files.keys.joined())"
                #expect(try ids(description, golden.texts) == example.ids, "\(name)")
                let tensors = try SafetensorsFile.open(fixture("saved/model.safetensors"))
                try HuggingFaceDirectory.write(
                    directory + "/b", replacing: false, description: description, from: tensors)
                let again = try HuggingFaceDirectory(directory + "/b").description
                #expect(again.vocabulary == description.vocabulary, "\(name)")
                #expect(try ids(again, golden.texts) == example.ids, "\(name)")
                #expect(again.maximumLength == description.maximumLength)
            }
        }
    }

    /// Seconds if the cost per token is constant; many minutes if each token scans all before it.
    @Test("hundreds of thousands of added tokens are read at once", .timeLimit(.minutes(1)))
    func manyAddedTokens() throws {
        let pieces = Vocabulary.specialTokens + ["a", "b"]
        let added = (0..<200_000).map { "token\($0)" }
        let ids = added.indices.map { pieces.count + $0 }
        let plain = zip(added, ids).map { "\"\($0)\": \($1)" }.joined(separator: ",\n")
        let objects = zip(added, ids).map {
            "{\"id\": \($1), \"content\": \"\($0)\", \"special\": false, \"normalized\": true}"
        }
        let tokenizer = """
            {"normalizer": {"type": "BertNormalizer", "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"}, "added_tokens": [
            \(objects.joined(separator: ",\n"))],
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "vocab": {\(pieces.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ","))}}}
            """
        let all = (pieces + added).joined(separator: "\n") + "\n"
        for files in [
            ["vocab.txt": pieces.joined(separator: "\n"), "added_tokens.json": "{\(plain)}"],
            ["vocab.txt": all, "tokenizer.json": tokenizer],
        ] {
            try withTemporaryDirectory { directory in
                let description = try read(files, directory).description
                #expect(description.vocabulary == all)
                #expect(
                    try self.ids(description, ["a token199999 b"])[0] == [5, 200_006, 6])
            }
        }
    }

    @Test("a checkpoint keeps the tokenizer; that of an uncased or cased model changes no byte")
    func stored() throws {
        var settings = TokenizerSettings(lowercase: true)
        settings.stripAccents = false
        settings.addedTokens = [
            .init(content: "中", isNormalized: true, isSpecial: false, isPiece: true)
        ]
        for tokenizer in [settings, TokenizerSettings(), TokenizerSettings(lowercase: false)] {
            try withTemporaryDirectory { directory in
                var description = Sample.description
                description.tokenizer = tokenizer
                description.maximumLength = tokenizer.isPlain ? nil : 7
                let writer = try CheckpointWriter.begin(
                    in: CheckpointStore(run: directory), step: 0,
                    parameterCount: Sample.layout.count)
                let values = Sample.values(0)
                let span = values.span
                try CheckpointWriter.writeModel(
                    path: writer.path, layout: Sample.layout, parameters: span,
                    description: description, state: Sample.state(step: 0))
                let checkpoint = try writer.publish()
                try checkpoint.verify()
                #expect(try checkpoint.description() == description)
            }
        }
    }

    @Test("keys of a configuration that no tensor depends on are kept")
    func keptKeys() {
        let text = ModelDescription.configuration(
            "{\n  \"hidden_size\": 6\n}",
            keepingKeysOf: """
                {"hidden_size": 7, "classifier_dropout": 0.25, "architectures": ["X"], "use_cache": true}
                """)
        #expect(
            text
                == "{\n  \"classifier_dropout\": 0.25,\n  \"use_cache\": true,\n  \"hidden_size\": 6\n}"
        )
        #expect(ModelDescription.configuration("{}", keepingKeysOf: "{}") == "{}")
    }
}

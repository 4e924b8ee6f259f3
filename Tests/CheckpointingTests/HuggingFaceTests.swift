import Checkpointing
import DurableFiles
import Glibc
import HDF5
import TemporaryDirectories
import Tensors
import Testing
import Tokenization

@Suite struct HuggingFaceTests {
    private static let forms = ["saved", "half", "bfloat", "old"]

    /// The fp32 values of a fixture according to generate.py, as a layout and its block.
    private func expected(_ form: String) throws -> (layout: ParameterLayout, block: [Float]) {
        let file = try File.open(fixture("expected.h5"))
        let group = try file.group(form)
        var entries: [(name: String, shape: [Int], decays: Bool)] = []
        var block: [Float] = []
        for name in try group.names() {
            let dataset = try group.dataset(name)
            entries.append((name, try dataset.shape(), true))
            block += try dataset.read(as: Float.self, maximumCount: 1000)
        }
        return (ParameterLayout(entries), block)
    }

    private func read(_ path: String, _ layout: ParameterLayout) throws -> [Float] {
        var block = [Float](repeating: 0, count: layout.count)
        var span = block.mutableSpan
        try SavedModel.open(path).model.readParameters(layout, into: &span)
        return block
    }

    @Test("directories written by transformers and safetensors", arguments: forms)
    func reads(form: String) throws {
        let (layout, block) = try expected(form)
        #expect(layout.parameters.count == 30)
        #expect(try read(fixture(form), layout) == block)
        let description = try SavedModel.open(fixture(form)).model.description()
        #expect(description.tokenizer.lowercase == (form != "old"))
        #expect(description.vocabulary.split(separator: "\n").count == 11)
    }

    @Test("import, export, and back: the same numbers and texts", arguments: forms)
    func exchange(form: String) throws {
        let (layout, block) = try expected(form)
        try withTemporaryDirectory { directory in
            let source = try HuggingFaceDirectory(fixture(form))
            let checkpoint = try Checkpoint.importHuggingFace(
                from: source, to: directory + "/imported", layout: layout)
            try checkpoint.verify()
            #expect(checkpoint.manifest.metadata.optimizerParts == 0 && checkpoint.step == 0)
            #expect(try checkpoint.description() == source.description)
            #expect(try read(checkpoint.path, layout) == block)
            let error = #expect(throws: CheckpointError.self) {
                try Sample.moments(checkpoint, 0..<1, layout: layout)
            }
            #expect(error?.message.contains("model.initialize_from") == true)
            let exported = directory + "/exported"
            try checkpoint.exportHuggingFace(to: exported)
            #expect(
                try Paths.names(in: exported)
                    == ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"])
            #expect(try read(exported, layout) == block)
            #expect(try HuggingFaceDirectory(exported).description == source.description)
            #expect(throws: FileError.self) { try checkpoint.exportHuggingFace(to: exported) }
            try checkpoint.exportHuggingFace(to: exported, replacing: true)
        }
    }

    @Test("nothing but a directory of the same kind is replaced")
    func replacement() throws {
        let layout = try expected("saved").layout
        try withTemporaryDirectory { directory in
            let source = try HuggingFaceDirectory(fixture("saved"))
            let (run, model) = (directory + "/run", directory + "/model")
            let target = directory + "/checkpoint"
            let own = try Sample.publish(CheckpointStore(run: run), step: 3)
            let checkpoint = try Checkpoint.importHuggingFace(
                from: source, to: target, layout: layout)
            try checkpoint.exportHuggingFace(to: model)
            try Paths.createDirectory(directory + "/model-with-more/logs")
            for name in try Paths.names(in: model) {
                try WholeFiles.writeAtomically(
                    directory + "/model-with-more/" + name, bytes(model + "/" + name))
            }
            try WholeFiles.writeAtomically(directory + "/text", "mine")
            for other in [run, run + "/checkpoints", model, directory + "/text"] {
                let error = #expect(throws: FileError.self) {
                    try Checkpoint.importHuggingFace(
                        from: source, to: other, layout: layout, replacing: true)
                }
                #expect(error?.exitCode == 73)
                #expect(error?.message.contains("not just a checkpoint") == true)
            }
            for other in [run, target, directory + "/text", directory + "/model-with-more"] {
                let error = #expect(throws: FileError.self) {
                    try checkpoint.exportHuggingFace(to: other, replacing: true)
                }
                #expect(error?.message.contains("not just a model directory") == true)
            }
            try own.verify()
            // A damaged checkpoint also counts as one.
            try Paths.remove(target + "/manifest.json")
            try Checkpoint.importHuggingFace(
                from: source, to: target, layout: layout, replacing: true
            ).verify()
            try checkpoint.exportHuggingFace(to: model, replacing: true)
        }
    }

    private func copyTexts(to directory: String) throws {
        for name in ["config.json", "vocab.txt"] {
            try WholeFiles.writeAtomically(
                directory + "/" + name, try bytes(fixture("saved/" + name)))
        }
    }

    @Test("a bare BertModel's names, without bert., mean the same")
    func bareNames() throws {
        try withTemporaryDirectory { directory in
            try copyTexts(to: directory)
            // The same file with shorter names; a header may end in spaces.
            var file = try bytes(fixture("saved/model.safetensors"))
            let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = String(decoding: file[8..<8 + length], as: UTF8.self)
            let bare = Array(header.replacing("\"bert.", with: "\"").utf8)
            let padding = [UInt8](repeating: UInt8(ascii: " "), count: length - bare.count)
            file.replaceSubrange(8..<8 + length, with: bare + padding)
            try WholeFiles.writeAtomically(directory + "/model.safetensors", file)
            func body(_ path: String) throws -> [String] {
                try SavedModel(verified: path).tensorNames().filter {
                    $0.hasPrefix("bert.") && !$0.contains("cls.")
                }
            }
            #expect(try body(directory) == body(fixture("saved")))
        }
    }

    @Test("a directory without parameters will do where none are read")
    func textsOnly() throws {
        try withTemporaryDirectory { directory in
            try copyTexts(to: directory)
            #expect(throws: (any Error).self) { _ = try SavedModel.open(directory) }
            let model = try SavedModel.open(directory, textsOnly: true).model
            #expect(
                try model.description().vocabulary
                    == HuggingFaceDirectory(fixture("saved")).description.vocabulary)
        }
    }

    @Test("an interrupted replacement is repaired by the next")
    func killedReplacement() throws {
        let layout = try expected("saved").layout
        try withTemporaryDirectory { directory in
            let source = try HuggingFaceDirectory(fixture("saved"))
            let target = directory + "/x"
            let checkpoint = try Checkpoint.importHuggingFace(
                from: source, to: target, layout: layout)
            // A process number that Linux never assigns, so its writer is dead.
            var name = [CChar](repeating: 0, count: 256)
            gethostname(&name, 255)
            let host = String(
                decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self
            )
            .replacing("-", with: "_")
            rename(target, "\(directory)/.x.replaced-\(host)-4194305-abc")
            try Checkpoint.importHuggingFace(
                from: source, to: target, layout: layout, replacing: true
            ).verify()
            #expect(checkpoint.path == target)
            #expect(try Paths.names(in: directory) == ["x"])
        }
    }

    @Test("our safetensors file is byte for byte the reference implementation's")
    func identicalBytes() throws {
        let layout = try expected("saved").layout
        try withTemporaryDirectory { directory in
            let checkpoint = try Checkpoint.importHuggingFace(
                from: HuggingFaceDirectory(fixture("saved")), to: directory + "/imported",
                layout: layout)
            try checkpoint.exportHuggingFace(to: directory + "/exported")
            #expect(
                try bytes(directory + "/exported/model.safetensors")
                    == bytes(fixture("saved/model.safetensors")))
        }
    }

    @Test("an untied decoder is refused, also by a path of another model")
    func untied() throws {
        let (layout, _) = try expected("saved")
        let error = #expect(throws: CheckpointError.self) { try read(fixture("untied"), layout) }
        #expect(error?.message.contains("untied decoder") == true)
        let other = ParameterLayout([("x", [1], true)])
        let mismatch = #expect(throws: CheckpointError.self) { try read(fixture("saved"), other) }
        #expect(mismatch?.message == "lacks x; is it of another model?")
    }

    private func damaged(_ damage: (String) throws -> Void) throws -> (any Error)? {
        try withTemporaryDirectory { directory in
            for name in ["config.json", "model.safetensors", "vocab.txt"] {
                try WholeFiles.writeAtomically(
                    "\(directory)/\(name)", bytes(fixture("saved/\(name)")))
            }
            try damage(directory)
            return #expect(throws: (any Error).self) { _ = try HuggingFaceDirectory(directory) }
        }
    }

    @Test("directories that are none")
    func malformed() throws {
        let missing = try damaged { try Paths.remove($0 + "/vocab.txt") } as? CheckpointError
        #expect(
            missing?.exitCode == 66 && missing?.message.contains("neither vocab.txt nor") == true)
        let config = try damaged { try WholeFiles.writeAtomically($0 + "/config.json", "[]") }
        #expect((config as? CheckpointError)?.message.contains("no JSON object") == true)
        let type = try damaged {
            try WholeFiles.writeAtomically($0 + "/config.json", "{\"model_type\": \"gpt2\"}")
        }
        #expect((type as? CheckpointError)?.message == "holds a model of type gpt2, not bert")
        let text = try damaged {
            try WholeFiles.writeAtomically($0 + "/vocab.txt", [UInt8]([65, 255, 10]))
        }
        #expect((text as? CheckpointError)?.message == "is not UTF-8")
        let long = try damaged {
            try WholeFiles.writeAtomically(
                $0 + "/config.json", "{\"x\": \"\(String(repeating: "y", count: 60_000))\"}")
        }
        #expect((long as? FileError)?.message.contains("more than the 60000 expected") == true)
        let casing = try damaged {
            try WholeFiles.writeAtomically($0 + "/tokenizer_config.json", "{\"do_lower_case\": 3}")
        }
        #expect((casing as? CheckpointError)?.message.contains("do_lower_case") == true)
    }

    @Test("a tensor that is not finite, misshapen or missing is not imported")
    func unusable() throws {
        let (layout, _) = try expected("saved")
        typealias Entry = (name: String, shape: [Int], decays: Bool)
        let name = "bert.pooler.dense.bias"
        let entries: [Entry] = layout.parameters.map { ($0.name, $0.shape, $0.decays) }
        let misshapen: [Entry] = entries.map { $0.name == name ? (name, [3], true) : $0 }
        let renamed: [Entry] = entries.map { $0.name == name ? (name + "x", [6], true) : $0 }
        for other in [misshapen, renamed] {
            try withTemporaryDirectory { directory in
                let error = #expect(throws: CheckpointError.self) {
                    try Checkpoint.importHuggingFace(
                        from: HuggingFaceDirectory(fixture("saved")), to: directory + "/x",
                        layout: ParameterLayout(other))
                }
                #expect(error?.message.contains(name) == true)
                let kind = try Paths.kind(of: directory + "/x")
                #expect(kind == .missing)
            }
        }
        try withTemporaryDirectory { directory in
            try copyTexts(to: directory)
            var file = try bytes(fixture("saved/model.safetensors"))
            file.replaceSubrange(file.count - 4..<file.count, with: [0, 0, 0xC0, 0x7F])
            try WholeFiles.writeAtomically(directory + "/model.safetensors", file)
            let error = #expect(throws: CheckpointError.self) {
                try Checkpoint.importHuggingFace(
                    from: HuggingFaceDirectory(directory), to: directory + "/x", layout: layout)
            }
            #expect(error?.message.contains("nan at element") == true)
            #expect(try Paths.kind(of: directory + "/x") == .missing)
        }
    }

    @Test("a configuration without model_type gets one when exported")
    func modelType() throws {
        for configuration in ["{}", "{ }", "{\"vocab_size\": 11}", "{\"model_type\": \"bert\"}"] {
            try withTemporaryDirectory { directory in
                let writer = try CheckpointWriter.begin(
                    in: CheckpointStore(run: directory), step: 0, parameterCount: 78)
                let values = Sample.values(0)
                let span = values.span
                var description = Sample.description
                description.configuration = configuration
                try CheckpointWriter.writeModel(
                    path: writer.path, layout: Sample.layout, parameters: span,
                    description: description,
                    state: Sample.state(step: 0))
                let checkpoint = try writer.publish()
                try checkpoint.exportHuggingFace(to: directory + "/exported")
                let text = try HuggingFaceDirectory(directory + "/exported").description
                    .configuration
                #expect(text.contains("\"model_type\": \"bert\""))
                #expect(text.contains("\"architectures\": [\"BertForPreTraining\"]"))
            }
        }
    }

    private static let oracle = oracleDirectory()

    private static func oracleDirectory() -> String {
        let root = Paths.parent(of: Paths.parent(of: Paths.parent(of: #filePath)))
        let shared = getenv("BERT_SHARED").map { String(cString: $0) }
        return Paths.join(shared ?? Paths.join(root, "../shared"), "oracle")
    }

    @Test(
        "the reference models pass through unchanged",
        .enabled(if: try Paths.exists(oracle), "SKIPPED: there is no ../shared/oracle"),
        arguments: ["plain", "odd"])
    func oracleModels(name: String) throws {
        try withTemporaryDirectory { directory in
            let source = Self.oracle + "/\(name)/hf"
            let tensors = try SafetensorsFile.open(source + "/model.safetensors")
            let copies = ["cls.predictions.decoder.weight", "cls.predictions.decoder.bias"]
            let layout = ParameterLayout(
                try tensors.tensorNames.filter { !copies.contains($0) }.map {
                    ($0, try tensors.shape(of: $0), true)
                })
            let checkpoint = try Checkpoint.importHuggingFace(
                from: HuggingFaceDirectory(source), to: directory + "/imported", layout: layout)
            try checkpoint.exportHuggingFace(to: directory + "/exported")
            let differences = try SavedModel.differences(
                SavedModel.open(source).model, SavedModel.open(directory + "/exported").model)
            #expect(differences.count > 40 && differences.allSatisfy(\.isEqual))
        }
    }
}

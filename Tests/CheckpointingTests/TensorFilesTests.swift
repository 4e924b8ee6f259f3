import Checkpointing
import DurableFiles
import TemporaryDirectories
import Tensors
import Testing

/// Model directories with tensors in several files, and unreadable ones.
@Suite struct TensorFilesTests {
    private let index = "model.safetensors.index.json"

    /// The fixture `saved` in two files, with an index.
    private func write(_ directory: String) throws {
        let source = try SafetensorsFile.open(fixture("saved/model.safetensors"))
        var map: [String] = []
        for (number, names) in [
            source.tensorNames.prefix(7), source.tensorNames.dropFirst(7),
        ].enumerated() {
            let file = "model-0000\(number + 1)-of-00002.safetensors"
            try writeFile(directory + "/" + file, source, Array(names))
            map += names.map { "\"\($0)\": \"\(file)\"" }
        }
        try WholeFiles.writeAtomically(
            "\(directory)/\(index)",
            "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {\(map.joined(separator: ", "))}}")
        for name in ["config.json", "vocab.txt"] {
            try WholeFiles.writeAtomically("\(directory)/\(name)", bytes(fixture("saved/" + name)))
        }
    }

    private func writeFile(
        _ path: String, _ source: borrowing SafetensorsFile, _ names: [String]
    ) throws {
        var header: [String] = []
        var data: [UInt8] = []
        for name in names {
            let shape = try source.shape(of: name)
            var values = [Float](repeating: 0, count: shape.reduce(1, *))
            var span = values.mutableSpan
            try source.read(name, into: &span)
            let start = data.count
            for value in values {
                let bits = value.bitPattern
                data += (0..<4).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
            }
            header.append(
                "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(start),\(data.count)]}"
            )
        }
        let json = Array("{\(header.joined(separator: ","))}".utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(json.count) >> ($0 * 8)) }
        try WholeFiles.writeAtomically(path, length + json + data)
    }

    private func layout() throws -> ParameterLayout {
        let file = try SafetensorsFile.open(fixture("saved/model.safetensors"))
        return ParameterLayout(try file.tensorNames.map { ($0, try file.shape(of: $0), true) })
    }

    private func parameters(_ path: String) throws -> [Float] {
        let layout = try layout()
        var block = [Float](repeating: 0, count: layout.count)
        var span = block.mutableSpan
        try SavedModel.open(path).model.readParameters(layout, into: &span)
        return block
    }

    @Test("several files with an index are one model")
    func sharded() throws {
        try withTemporaryDirectory { directory in
            try write(directory)
            #expect(try parameters(directory) == parameters(fixture("saved")))
            #expect(try HuggingFaceDirectory(directory).tensorFiles().count == 3)
        }
    }

    private func message(_ damage: (String) throws -> Void) throws -> String {
        try withTemporaryDirectory { directory in
            try write(directory)
            try damage(directory)
            let error = #expect(throws: CheckpointError.self) { _ = try parameters(directory) }
            return error?.description ?? ""
        }
    }

    @Test("an index that names what is not there, or what is elsewhere")
    func badIndex() throws {
        let missing = try message { try Paths.remove($0 + "/model-00002-of-00002.safetensors") }
        #expect(missing.contains("lacks model-00002-of-00002.safetensors"))
        for name in [
            "../x.safetensors", "/tmp/x.safetensors", "a/b.safetensors", "..", ".x.safetensors",
            "a\\\\b.safetensors", "x.bin", "",
        ] {
            let text = try message {
                try WholeFiles.writeAtomically(
                    "\($0)/\(index)", "{\"weight_map\": {\"one\": \"\(name)\"}}")
            }
            #expect(text.contains("is no name of a safetensors file"), "\(name): \(text)")
        }
        for (json, expected) in [
            ("{\"weight_map\": {}}", "no weight_map"), ("{}", "no weight_map"),
            ("[]", "no JSON object"),
            ("{\"weight_map\": {\"a\": \"x\", \"a\": \"x\"}}", "twice"),
            (
                "{\"weight_map\": {\"one\": \"model-00001-of-00002.safetensors\"}}",
                "lacks one, which"
            ),
        ] {
            let text = try message { try WholeFiles.writeAtomically("\($0)/\(index)", json) }
            #expect(text.contains(expected), "\(json): \(text)")
        }
    }

    @Test("other formats are named, with the way out")
    func otherFormats() throws {
        for (file, expected) in [
            ("pytorch_model.bin", "safetensors.torch"),
            ("pytorch_model.bin.index.json", "save it again"),
            ("tf_model.h5", "from_tf=True"), ("unknown.bin", "has neither model.safetensors nor"),
        ] {
            try withTemporaryDirectory { directory in
                for name in ["config.json", "vocab.txt"] {
                    try WholeFiles.writeAtomically(
                        "\(directory)/\(name)", bytes(fixture("saved/" + name)))
                }
                try WholeFiles.writeAtomically("\(directory)/\(file)", "x")
                let error = #expect(throws: CheckpointError.self) {
                    _ = try SavedModel.open(directory)
                }
                #expect(error?.exitCode == 66)
                #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
            }
        }
    }

    @Test("paths that hold no model")
    func noModel() throws {
        try withTemporaryDirectory { directory in
            try WholeFiles.writeAtomically(directory + "/file", "x")
            for (path, expected) in [
                ("/nothere", "there is no such directory"), ("/file", "is a file"),
                ("", "holds no checkpoint, and is no model directory"),
            ] {
                let error = #expect(throws: CheckpointError.self) {
                    _ = try SavedModel.open(directory + path)
                }
                #expect(error?.exitCode == 66 && error?.message.contains(expected) == true)
            }
        }
    }

    @Test("an empty directory may be exported to")
    func emptyTarget() throws {
        try withTemporaryDirectory { directory in
            let target = directory + "/empty"
            try Paths.createDirectory(target)
            let checkpoint = try Checkpoint.importHuggingFace(
                from: HuggingFaceDirectory(fixture("saved")), to: target, layout: layout())
            try checkpoint.verify()
            try Paths.createDirectory(directory + "/out")
            try checkpoint.exportHuggingFace(to: directory + "/out")
            #expect(try parameters(directory + "/out") == parameters(fixture("saved")))
        }
    }
}

import DurableFiles

/// Tensor files of a Hugging Face model directory: `model.safetensors`, or several that
/// `model.safetensors.index.json` names.
struct TensorFiles {
    /// The safetensors files.
    let paths: [String]
    /// File of each tensor, as an index into `paths`, if there is an index file; other tensors are
    /// then ignored.
    let owners: [String: Int]?
    /// The directory.
    let directory: String

    static let name = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    /// Whether a directory contains readable tensors.
    static func areIn(_ directory: String) throws -> Bool {
        try [name, indexName].contains { try Paths.exists(Paths.join(directory, $0)) }
    }

    /// Finds the files of a directory.
    ///
    /// - Throws: `CheckpointError` if there are none, or if one that the index names is missing.
    init(_ directory: String) throws {
        self.directory = directory
        let single = Paths.join(directory, Self.name)
        if try Paths.exists(single) {
            (paths, owners) = ([single], nil)
            return
        }
        guard let index = try JSONValue.object(in: directory, Self.indexName) else {
            throw CheckpointError(.missing, directory, try Self.advice(directory))
        }
        let path = Paths.join(directory, Self.indexName)
        guard let map = index["weight_map"]?.members, !map.isEmpty else {
            throw CheckpointError(.badData, path, "has no weight_map of tensors and their files")
        }
        var numbers: [String: Int] = [:]
        var files: [String] = []
        var owners: [String: Int] = [:]
        for (tensor, value) in map {
            let file = try Self.fileName(value, of: tensor, path)
            if numbers[file] == nil {
                numbers[file] = files.count
                files.append(Paths.join(directory, file))
                guard try Paths.exists(Paths.join(directory, file)) else {
                    throw CheckpointError(
                        .missing, directory,
                        "lacks \(file), which \(Self.indexName) names; copy all files of the model")
                }
            }
            owners[tensor] = numbers[file]
        }
        (paths, self.owners) = (files, owners)
    }

    /// All files that determine the tensors.
    var all: [String] {
        owners == nil ? paths : [Paths.join(directory, Self.indexName)] + paths
    }

    /// Accepts only the name of a file in the index's directory.
    private static func fileName(
        _ value: JSONValue, of tensor: String, _ path: String
    ) throws -> String {
        guard let name = value.text, name.hasSuffix(".safetensors"), !name.hasPrefix("."),
            !name.utf8.contains(where: { $0 < 32 || $0 == UInt8(ascii: "/") || $0 == 92 })
        else {
            throw CheckpointError(
                .badData, path,
                "says that \(tensor.prefix(80)) is in \(value.shown), which is no name of a"
                    + " safetensors file in this directory")
        }
        return name
    }

    /// Advice for a directory without safetensors files.
    private static func advice(_ directory: String) throws -> String {
        func has(_ name: String) throws -> Bool { try Paths.exists(Paths.join(directory, name)) }
        if try has("pytorch_model.bin") {
            return
                "has its tensors in pytorch_model.bin, which is not read (it is a Python pickle);"
                + " convert it with: python -c \"import torch, safetensors.torch as s;"
                + " s.save_file({k: v.clone().contiguous() for k, v in"
                + " torch.load('\(directory)/pytorch_model.bin', map_location='cpu',"
                + " weights_only=True).items()}, '\(directory)/\(name)', {'format': 'pt'})\""
        }
        let saved =
            "transformers: AutoModelForPreTraining.from_pretrained(...).save_pretrained(...)"
        if try has("pytorch_model.bin.index.json") {
            return
                "has its tensors in several pytorch_model files, which are not read; save it again"
                + " with \(saved)"
        }
        for other in [
            "tf_model.h5", "flax_model.msgpack", "model.ckpt.index", "bert_model.ckpt.index",
        ]
        where try has(other) {
            return "has its tensors in \(other), which is not read; convert it with transformers 4"
                + " (from_tf=True or from_flax=True) to \(name)"
        }
        return "has neither \(name) nor \(indexName); a model directory of Hugging Face is expected"
    }
}

import DurableFiles
import FoundationEssentials
public import Tensors
import Tokenization

/// A Hugging Face model directory: `config.json`, the tensors in `model.safetensors` or in several
/// such files, and the files of its tokenizer.
public struct HuggingFaceDirectory: Sendable {
    /// The directory.
    public let path: String
    /// Configuration, vocabulary and tokenizer.
    public let description: ModelDescription

    static let configurationName = "config.json"

    /// Whether it is a readable model directory, which may be replaced.
    static func isOne(_ path: String) throws -> Bool {
        try Paths.exists(Paths.join(path, configurationName)) && TensorFiles.areIn(path)
    }

    /// Whether it resembles a model directory, so that errors name the missing files.
    static func isMeant(_ path: String) throws -> Bool {
        try Paths.exists(Paths.join(path, configurationName)) && !Checkpoint.isCheckpoint(path)
    }

    /// Reads a directory's text files; tensors are read later.
    ///
    /// - Parameter textsOnly: whether the tensors will not be read, and may be missing.
    public init(_ path: String, textsOnly: Bool = false) throws {
        self.path = path
        try Checkpoint.requireDirectory(path)
        guard try Paths.exists(Paths.join(path, HuggingFaceDirectory.configurationName)) else {
            throw CheckpointError(
                .missing, path,
                "has no \(HuggingFaceDirectory.configurationName); a model directory of Hugging Face"
                    + " is expected")
        }
        if !textsOnly { _ = try TensorFiles(path) }
        let tokenizer = try HuggingFaceTokenizer(path)
        var description = ModelDescription(
            configuration: try HuggingFaceDirectory.text(
                Paths.join(path, HuggingFaceDirectory.configurationName),
                ModelDescription.maximumConfigurationBytes),
            vocabulary: tokenizer.vocabulary, tokenizer: tokenizer.settings)
        let sizes = try description.sizes(path)
        guard sizes.modelType ?? "bert" == "bert" else {
            throw CheckpointError(
                .badData, path, "holds a model of type \(sizes.modelType ?? ""), not bert")
        }
        if tokenizer.maximumLength != sizes.maxPositionEmbeddings {
            description.maximumLength = tokenizer.maximumLength
        }
        self.description = description
    }

    /// Reads all parameters into one flat block; names, shapes and finiteness are checked.
    public func readParameters(
        _ layout: ParameterLayout, into block: inout MutableSpan<Float>
    ) throws {
        try tensors().readParameters(layout, into: &block)
    }

    /// Files that contain the tensors, and the index that assigns tensors to files.
    public func tensorFiles() throws -> [String] { try TensorFiles(path).all }

    func tensors() throws -> HuggingFaceTensors { try HuggingFaceTensors.open(TensorFiles(path)) }

    static func text(_ path: String, _ maximumByteCount: Int) throws -> String {
        let bytes = try WholeFiles.read(
            path, maximumByteCount: maximumByteCount, followingLinks: true)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CheckpointError(.badData, path, "is not UTF-8")
        }
        guard !text.utf8.contains(0) else {
            throw CheckpointError(.badData, path, "contains a zero byte")
        }
        return text
    }

    /// Writes a directory atomically that Hugging Face's `from_pretrained` and `BertTokenizer` load
    /// unchanged.
    /// - Parameter additional: further files, by name.
    package static func write(
        _ target: String, replacing: Bool, description: ModelDescription,
        from source: borrowing some TensorSource & ~Copyable,
        additional: [(name: String, text: String)] = []
    ) throws {
        let replacing = try Replacement.isAllowed(
            target, replacing: replacing, kind: "a model directory of Hugging Face", isKind: isOne)
        var tensors: [(name: String, shape: [Int])] = []
        for name in source.tensorNames { tensors.append((name, try source.shape(of: name))) }
        let bytes = tensors.reduce(0) { $0 + $1.shape.reduce(4, *) }
        let pending = try PendingDirectory(
            target: target, replacing: replacing, neededBytes: bytes + (4 << 20),
            remedy: Replacement.remedy)
        try WholeFiles.writeAtomically(
            Paths.join(pending.path, configurationName),
            description.configurationForHuggingFace(pending.path))
        try HuggingFaceTokenizer.write(description, to: pending.path)
        for (name, text) in additional {
            try WholeFiles.writeAtomically(Paths.join(pending.path, name), text)
        }
        var writer = try SafetensorsWriter.create(
            Paths.join(pending.path, TensorFiles.name), tensors)
        for (name, shape) in tensors {
            var values = [Float](repeating: 0, count: shape.reduce(1, *))
            var span = values.mutableSpan
            try source.read(name, into: &span)
            let whole = values.span
            try writer.append(name, whole)
        }
        try writer.close()
        try pending.publishPlain()
    }
}

import DurableFiles
import FoundationEssentials
public import Tensors

/// A model directory of Hugging Face: `config.json`, `model.safetensors`, `vocab.txt`,
/// `tokenizer_config.json`.
public struct HuggingFaceDirectory: Sendable {
    /// The directory.
    public let path: String
    /// Configuration and vocabulary.
    public let description: ModelDescription

    static let configurationName = "config.json"
    static let tensorsName = "model.safetensors"
    static let vocabularyName = "vocab.txt"
    static let tokenizerName = "tokenizer_config.json"

    /// Whether it looks like one.
    static func isOne(_ path: String) throws -> Bool {
        try Paths.exists(Paths.join(path, configurationName))
            && Paths.exists(Paths.join(path, tensorsName))
    }

    /// Whether it holds the texts of one, if not the tensors.
    static func hasTexts(_ path: String) throws -> Bool {
        try Paths.exists(Paths.join(path, configurationName))
            && Paths.exists(Paths.join(path, vocabularyName))
    }

    /// Reads the texts of a directory; tensors are read later.
    ///
    /// - Parameter textsOnly: whether the tensors will not be, and may be missing.
    public init(_ path: String, textsOnly: Bool = false) throws {
        self.path = path
        for name in [
            HuggingFaceDirectory.configurationName, HuggingFaceDirectory.tensorsName,
            HuggingFaceDirectory.vocabularyName,
        ] where !(textsOnly && name == HuggingFaceDirectory.tensorsName) {
            guard try !Paths.exists(Paths.join(path, name)) else { continue }
            throw CheckpointError(
                .missing, path, "has no \(name); a model directory of Hugging Face is expected")
        }
        description = ModelDescription(
            configuration: try HuggingFaceDirectory.text(
                Paths.join(path, HuggingFaceDirectory.configurationName),
                ModelDescription.maximumConfigurationBytes),
            vocabulary: try HuggingFaceDirectory.text(
                Paths.join(path, HuggingFaceDirectory.vocabularyName),
                ModelDescription.maximumVocabularyBytes),
            doLowerCase: try HuggingFaceDirectory.doLowerCase(path))
        let sizes = try description.sizes(path)
        guard sizes.modelType ?? "bert" == "bert" else {
            throw CheckpointError(
                .badData, path, "holds a model of type \(sizes.modelType ?? ""), not bert")
        }
    }

    /// Reads all parameters into one flat block; names, shapes and finiteness are checked.
    public func readParameters(
        _ layout: ParameterLayout, into block: inout MutableSpan<Float>
    ) throws {
        try tensors().readParameters(layout, into: &block)
    }

    func tensors() throws -> HuggingFaceTensors {
        try HuggingFaceTensors.open(Paths.join(path, HuggingFaceDirectory.tensorsName))
    }

    private static func text(_ path: String, _ maximumByteCount: Int) throws -> String {
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

    private struct Tokenizer: Encodable {
        var doLowerCase: Bool
        var modelMaxLength: Int?
        var tokenizerClass: String

        enum CodingKeys: String, CodingKey {
            case doLowerCase = "do_lower_case"
            case modelMaxLength = "model_max_length"
            case tokenizerClass = "tokenizer_class"
        }
    }

    /// As `BertTokenizer` does: lower case unless the directory says otherwise.
    private static func doLowerCase(_ directory: String) throws -> Bool {
        let path = Paths.join(directory, tokenizerName)
        guard try Paths.exists(path) else { return true }
        let json = try text(path, 16 << 20)
        // Only this key matters: others have had many forms, as lengths of 1e30.
        struct Casing: Decodable {
            var doLowerCase: Bool?
            enum CodingKeys: String, CodingKey { case doLowerCase = "do_lower_case" }
        }
        do {
            return try JSONDecoder().decode(Casing.self, from: Data(json.utf8)).doLowerCase
                ?? true
        } catch {
            throw CheckpointError(
                .badData, path, "is no JSON object with a true or false do_lower_case")
        }
    }

    /// Writes a directory that Hugging Face's `from_pretrained` and `BertTokenizer` load unchanged; it
    /// appears whole or not at all.
    /// - Parameter additional: further files, by name.
    package static func write(
        _ target: String, replacing: Bool, description: ModelDescription,
        from source: borrowing some TensorSource & ~Copyable,
        additional: [(name: String, text: String)] = []
    ) throws {
        if replacing {
            try Replacement.prepare(
                target, kind: "a model directory of Hugging Face", isKind: isOne)
        }
        var tensors: [(name: String, shape: [Int])] = []
        for name in source.tensorNames { tensors.append((name, try source.shape(of: name))) }
        let bytes = tensors.reduce(0) { $0 + $1.shape.reduce(4, *) }
        let pending = try PendingDirectory(
            target: target, replacing: replacing, neededBytes: bytes + (4 << 20),
            remedy: Replacement.remedy)
        try writeTexts(pending.path, description)
        for (name, text) in additional {
            try WholeFiles.writeAtomically(Paths.join(pending.path, name), text)
        }
        var writer = try SafetensorsWriter.create(Paths.join(pending.path, tensorsName), tensors)
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

    private static func writeTexts(_ path: String, _ description: ModelDescription) throws {
        try WholeFiles.writeAtomically(
            Paths.join(path, configurationName), description.configurationForHuggingFace(path))
        try WholeFiles.writeAtomically(Paths.join(path, vocabularyName), description.vocabulary)
        let tokenizer = Tokenizer(
            doLowerCase: description.doLowerCase,
            modelMaxLength: try description.sizes(path).maxPositionEmbeddings,
            tokenizerClass: "BertTokenizer")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try WholeFiles.writeAtomically(
            Paths.join(path, tokenizerName), try encoder.encode(tokenizer) + [10])
    }
}

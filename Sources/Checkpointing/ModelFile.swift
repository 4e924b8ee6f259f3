import DurableFiles
import FoundationEssentials
import HDF5
import Tensors
import Tokenization

/// `model.h5` of a checkpoint, open for reading.
///
/// ```
/// /                attributes format = "bert-checkpoint", format_version
/// /model           attributes config (text of config.json), do_lower_case, perhaps model_max_length
/// /model/NAME      fp32, one dataset for each parameter, under its Hugging Face name
/// /vocabulary      text of vocab.txt
/// /tokenizer       TokenizerSettings as JSON, where do_lower_case does not say it all (version 2)
/// /training        attribute state (JSON, see TrainingState)
/// /training/configuration   the run's resolved configuration, YAML
/// /training/layout          "NAME d0 d1 …" a line: the order of the moments' flat block
/// ```
public struct ModelFile: TensorSource, ~Copyable {
    /// Path of the file.
    public let path: String
    /// All parameters, sorted by name.
    public let tensorNames: [String]
    private let file: File
    private let byteCount: Int
    /// Whether the file has `/tokenizer`.
    private let hasTokenizer: Bool

    static let formatName = "bert-checkpoint"

    /// Opens `model.h5` of a checkpoint directory.
    public static func open(directory: String) throws -> ModelFile {
        let path = Paths.join(directory, CheckpointFiles.model)
        let file = try File.open(path)
        guard try file.hasAttribute("format"),
            try file.textAttribute("format") == ModelFile.formatName
        else {
            throw CheckpointError(.badData, path, "is HDF5, but no checkpoint of this program")
        }
        let version = try file.attribute("format_version", as: Int64.self)
        guard (1...Int64(CheckpointFiles.newestModelVersion)).contains(version) else {
            throw CheckpointError(
                .badData, path,
                "has format version \(version); this program reads up to"
                    + " \(CheckpointFiles.newestModelVersion)")
        }
        let names = try file.group("model").names()
        return ModelFile(
            path: path, tensorNames: names, hasTokenizer: version > 1, file: file,
            byteCount: try Paths.size(of: path))
    }

    private init(
        path: String, tensorNames: [String], hasTokenizer: Bool, file: consuming File,
        byteCount: Int
    ) {
        self.path = path
        self.tensorNames = tensorNames
        self.hasTokenizer = hasTokenizer
        self.file = file
        self.byteCount = byteCount
    }

    /// Configuration and vocabulary.
    public func description() throws -> ModelDescription {
        let model = try file.group("model")
        return ModelDescription(
            configuration: try model.textAttribute(
                "config", maximumByteCount: ModelDescription.maximumConfigurationBytes),
            vocabulary: try file.readText(
                "vocabulary", maximumByteCount: ModelDescription.maximumVocabularyBytes),
            tokenizer: try tokenizer(
                lowercase: model.attribute("do_lower_case", as: UInt8.self) != 0),
            maximumLength: try model.hasAttribute("model_max_length")
                ? Int(model.attribute("model_max_length", as: Int64.self)) : nil)
    }

    private func tokenizer(lowercase: Bool) throws -> TokenizerSettings {
        guard hasTokenizer else { return TokenizerSettings(lowercase: lowercase) }
        let json = try file.readText("tokenizer", maximumByteCount: 64 << 20)
        do {
            return try JSONDecoder().decode(TokenizerSettings.self, from: Data(json.utf8))
        } catch {
            throw CheckpointError(.badData, path, "its tokenizer: \(ManifestFile.explain(error))")
        }
    }

    /// State of the run that wrote it.
    public func trainingState() throws -> TrainingState {
        let training = try file.group("training")
        var state = try TrainingState(json: training.textAttribute("state"), path: path)
        state.resolvedConfiguration = try training.readText(
            "configuration", maximumByteCount: 16 << 20)
        return state
    }

    /// Order of the flat block that the moments were written from.
    func layoutText() throws -> String {
        try file.readText("training/layout", maximumByteCount: 64 << 20)
    }

    /// Sizes of a parameter; more numbers than the file has bytes are rejected.
    public func shape(of name: String) throws -> [Int] {
        let shape = try file.group("model").dataset(name).shape()
        let count = shape.reduce(1, *)
        guard count <= byteCount / 4 else {
            throw CheckpointError(.badData, path, "\(name) has shape \(shape), more than the file")
        }
        return shape
    }

    /// Reads one parameter.
    public func read(_ name: String, into values: inout MutableSpan<Float>) throws {
        try file.group("model").dataset(name).read(into: &values)
    }

    /// Throws unless a parameter equals, bit by bit, what was written.
    func verifyWritten(_ name: String, _ values: Span<Float>) throws {
        try file.group("model").verifyWritten(name, values)
    }
}

extension ParameterLayout {
    /// One line "NAME d0 d1 …" per parameter.
    var text: String {
        var text = ""
        for parameter in parameters {
            text += parameter.name
            for size in parameter.shape { text += " \(size)" }
            text += "\n"
        }
        return text
    }
}

public import BERT
public import Checkpointing
internal import DurableFiles
import ExitCoding
internal import FoundationEssentials
public import Kernels
internal import Models
public import Tensors
public import Tokenization

/// Directory of a fine-tuned model: the files that Hugging Face's `from_pretrained` loads
/// (`config.json` with the label map, `model.safetensors`, `vocab.txt`, `tokenizer_config.json`),
/// and `finetuning.json`.
public struct FineTunedModel: Sendable {
    /// The directory.
    public let path: String
    /// Task the model was fine-tuned for.
    public let task: FineTunedTask
    /// Model sizes and constants.
    public let configuration: BERTConfiguration
    /// Tokenizer of the model.
    public let tokenizer: WordPieceTokenizer
    private let directory: HuggingFaceDirectory

    /// Reads the directory's text files; `load` reads the parameters.
    ///
    /// - Throws: `TaskDataError`, `CheckpointError` or `VocabularyError` if it is not a fine-tuned
    ///   model's directory.
    public init(_ path: String) throws {
        try Checkpoint.requireDirectory(path)
        let file = Paths.join(path, FineTunedTask.fileName)
        guard try Paths.exists(file) else {
            throw TaskDataError(
                path,
                "has no \(FineTunedTask.fileName); name a folder of `models` in the directory of a "
                    + "fan-out (bert-train finetune)", exitCode: ExitStatus.missingInput)
        }
        self.path = path
        task = try FineTunedTask(
            json: WholeFiles.read(file, maximumByteCount: 16 << 20, followingLinks: true),
            path: file)
        directory = try HuggingFaceDirectory(path)
        let model = try StoredModel(.huggingFace(directory))
        configuration = model.configuration
        // Pairs are rejected per line, because a model with one segment type still answers single
        // texts.
        if let problem = configuration.problem(
            withInputs: ModelInputs(
                length: task.sequenceLength, vocabularySize: model.vocabulary.count, hasPairs: false
            ))
        {
            throw TaskDataError(
                path, "\(FineTunedTask.fileName) does not fit the model: \(problem)")
        }
        tokenizer = model.tokenizer()
    }

    /// Parses a line as a request to this model.
    ///
    /// - Throws: `TaskDataError` if the line lacks something the task needs, has more texts than
    ///   the model has segment types, or is a single text where the model was trained on pairs, or
    ///   the reverse.
    public func request(
        line: String, path: String, number: Int
    ) throws(TaskDataError) -> PredictionRequest {
        let request = try PredictionRequest(
            line: line, kind: task.kind, path: path, number: number)
        guard !request.content.hasTwoSegments || configuration.segmentKinds > 1 else {
            throw TaskDataError(
                path, line: number,
                "has two texts, but the model knows one kind of segment (type_vocab_size)")
        }
        try task.kind.rules.check(request, self, path: path, number: number)
        return request
    }

    /// Loads the model, ready to predict up to `inputs` inputs at once.
    public func load(executor: KernelExecutor, inputs: Int) throws -> BERTForFineTuning {
        let head = task.kind.head(labels: task.labels.count)
        // Sizes in `config.json` are only trusted once they match the tensors in the file.
        try SavedModel.huggingFace(directory).check(.fineTuning(configuration, head))
        let model = BERTForFineTuning(
            configuration, head: head, for: .inference,
            capacity: BatchCapacity(
                sequences: inputs, sequenceLength: task.sequenceLength, maskedPerSequence: 0),
            executor: executor)
        let buffer = model.parameters.vector.buffer
        var span = buffer.mutableSpan
        try directory.readParameters(model.layout, into: &span)
        return model
    }

    /// Writes a directory atomically, replacing an existing one.
    ///
    /// - Parameters:
    ///   - body: the pre-trained model: its vocabulary and tokenizer.
    ///   - parameters: of `layout`, that of the model with the task's head.
    public static func write(
        _ path: String, task: FineTunedTask, configuration: BERTConfiguration,
        body: ModelDescription, layout: ParameterLayout, parameters: Block<Float>
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let file = ConfigurationFile(configuration: configuration, task: task)
        let text = String(decoding: try encoder.encode(file), as: UTF8.self)
        try HuggingFaceDirectory.write(
            path, replacing: true,
            description: ModelDescription(
                configuration: ModelDescription.configuration(
                    text, keepingKeysOf: body.configuration),
                vocabulary: body.vocabulary, tokenizer: body.tokenizer,
                maximumLength: body.maximumLength),
            from: BlockTensors(layout, parameters),
            additional: [(FineTunedTask.fileName, task.json())])
    }

    /// `config.json` of a model with a head.
    private struct ConfigurationFile: Encodable {
        let configuration: BERTConfiguration
        let task: FineTunedTask

        enum CodingKeys: String, CodingKey {
            case architectures, id2label, label2id
            case modelType = "model_type"
            case problemType = "problem_type"
        }

        func encode(to encoder: any Encoder) throws {
            try configuration.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode([task.kind.rules.architecture], forKey: .architectures)
            try values.encode("bert", forKey: .modelType)
            try values.encodeIfPresent(task.kind.rules.problemType, forKey: .problemType)
            let names = task.kind.rules.outputNames(task.labels)
            guard !names.isEmpty else { return }
            let pairs = names.enumerated().map { ("\($0)", $1) }
            try values.encode(
                Dictionary(pairs, uniquingKeysWith: { first, _ in first }), forKey: .id2label)
            try values.encode(
                Dictionary(
                    names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }),
                forKey: .label2id)
        }
    }
}

import BERT
import Checkpointing
import Corpus
import FoundationEssentials
import Glibc
import HDF5
import Kernels
import Samples
import Tensors
import Testing

/// A model, its inputs, and Hugging Face transformers' results in float64: a directory with `hf/`,
/// `pretrain.hdf5` and `reference.h5`, as written by `Golden/generate.py`.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let directory: String

    var testDescription: String { directory }

    /// The committed cases, and those of `../shared/oracle` (or `$BERT_SHARED`) if present.
    static let golden = ["erf", "tanh"].map { ReferenceCase(directory: "\(tests)/Golden/\($0)") }
    static let oracle = ["plain", "odd"].map { ReferenceCase(directory: "\(shared)/oracle/\($0)") }
    static let hasOracle = oracle.allSatisfy { access("\($0.directory)/reference.h5", R_OK) == 0 }

    private static let tests = "\(#filePath)".split(separator: "/").dropLast().reduce("") {
        "\($0)/\($1)"
    }
    private static let shared =
        getenv("BERT_SHARED").map { String(cString: $0) } ?? "\(tests)/../../../shared"

    /// The model in `hf/`.
    func model(
        for use: BERTForPreTraining.Use, capacity: BatchCapacity, executor: KernelExecutor,
        precision: Precision
    ) throws -> BERTForPreTraining {
        let saved = try SavedModel.open("\(directory)/hf").model
        let text = try saved.description().configuration
        let configuration = try JSONDecoder().decode(
            BERTConfiguration.self, from: Data(text.utf8))
        let model = BERTForPreTraining(
            configuration, for: use, capacity: capacity, executor: executor, precision: precision)
        var parameters = model.parameters.vector.buffer.mutableSpan
        try saved.readParameters(model.layout, into: &parameters)
        return model
    }

    /// The rows of `pretrain.hdf5`.
    func sequences() throws -> [PretrainingSample] {
        let source = try NvidiaHDF5Source(
            paths: ["\(directory)/pretrain.hdf5"], vocabularySize: 1 << 20, order: .sequential,
            seed: 0)
        return try (0..<source.sampleCount(epoch: 0)).map {
            try source.sample(epoch: 0, index: $0)
        }
    }

    /// Contents of `reference.h5` for the first rows, without padding.
    func expected() throws -> ReferenceValues {
        let file = try File.open("\(directory)/reference.h5")
        let lengths = try sequences().prefix(Int(file.attribute("rows", as: Int32.self)))
            .map(\.tokenIDs.count)
        var values = ReferenceValues(rows: lengths.count)
        for group in ["forward", "gradient"] {
            for name in try file.group(group).names() {
                let dataset = try file.dataset("\(group)/\(name)")
                let numbers = try dataset.read(as: Double.self, maximumCount: 1 << 24)
                let padded = name.hasPrefix("hidden_") || name == "mlm_logits"
                values.tensors["\(group)/\(name)"] =
                    padded ? withoutPadding(numbers, try dataset.shape(), lengths) : numbers
            }
        }
        let summary = try file.textAttribute("eval", maximumByteCount: 4096)
        values.summary = try JSONDecoder().decode(
            ReferenceSummary.self, from: Data(summary.utf8))
        return values
    }

    /// The real tokens of [rows, S, C].
    private func withoutPadding(
        _ numbers: [Double], _ shape: [Int], _ lengths: [Int]
    ) -> [Double] {
        let row = shape[1] * shape[2]
        return lengths.enumerated().flatMap { index, length in
            numbers[index * row..<index * row + length * shape[2]]
        }
    }
}

/// Tensors by their names in `reference.h5`.
struct ReferenceValues: Sendable {
    /// The rows that the tensors belong to.
    var rows: Int
    var tensors: [String: [Double]] = [:]
    var summary: ReferenceSummary?
}

/// Losses and accuracies over all rows.
struct ReferenceSummary: Codable, Equatable, Sendable {
    var maskedLoss: Double
    var nextSentenceLoss: Double
    var maskedAccuracy: Double
    var nextSentenceAccuracy: Double
    var rows: Int

    enum CodingKeys: String, CodingKey {
        case maskedLoss = "mlm_loss"
        case nextSentenceLoss = "nsp_loss"
        case maskedAccuracy = "mlm_accuracy"
        case nextSentenceAccuracy = "nsp_accuracy"
        case rows
    }

    /// The summary of `outcomes`.
    init(_ outcomes: [SequenceOutcome]) {
        let masked = Double(outcomes.reduce(0) { $0 + $1.masked })
        let count = Double(outcomes.count)
        maskedLoss = outcomes.reduce(0) { $0 + $1.maskedLoss } / masked
        nextSentenceLoss = outcomes.reduce(0) { $0 + $1.nextSentenceLoss } / count
        maskedAccuracy = Double(outcomes.reduce(0) { $0 + $1.maskedCorrect }) / masked
        nextSentenceAccuracy = Double(outcomes.count { $0.nextSentenceCorrect }) / count
        rows = outcomes.count
    }
}

extension PretrainingSample {
    /// The same tokens, with all of them to predict.
    var predictingAll: PretrainingSample {
        var sequence = self
        sequence.maskedPositions = tokenIDs.indices.map { Int32($0) }
        sequence.maskedLabels = tokenIDs
        return sequence
    }
}

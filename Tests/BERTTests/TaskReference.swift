import BERT
import FoundationEssentials
import Glibc
import Kernels
import Tensors
import Testing

/// A task head, its inputs, and Hugging Face's results: `Golden/generate_tasks.py`.
struct TaskReference: Sendable, CustomTestStringConvertible {
    let name: String
    let head: TaskHead

    var testDescription: String { name }

    static let all = [
        TaskReference(name: "classification", head: .classification(classes: 3)),
        TaskReference(name: "multi_label", head: .multiLabel(classes: 4)),
        TaskReference(name: "regression", head: .regression),
        TaskReference(name: "choice", head: .choice),
        TaskReference(name: "tokens", head: .tokens(classes: 5)),
        TaskReference(name: "span", head: .span),
    ]

    /// Contents of a head's file besides its labels.
    struct Values: Decodable {
        var logits: [[Double]]
        var loss: Double
        var terms: Int
        var gradients: [String: [Double]]
    }

    private struct Input: Decodable {
        var ids: [Int32]
        var segments: [UInt8]
    }

    private struct Labels<Label: Decodable>: Decodable { var labels: [Label] }

    static func configuration(dropout: Double = 0) -> BERTConfiguration {
        var configuration = BERTConfiguration()
        configuration.vocabularySize = 19
        configuration.hiddenSize = 10
        configuration.layers = 2
        configuration.heads = 2
        configuration.intermediateSize = 14
        configuration.maximumPositions = 13
        configuration.hiddenDropout = dropout
        configuration.attentionDropout = dropout
        return configuration
    }

    func values() throws -> Values { try Self.read("\(name).json") }

    /// A model whose parameters are those of the script's `fill`.
    func model(
        dropout: Double = 0, precision: Precision = .fp32, threads: Int = 1
    ) -> BERTForFineTuning {
        let model = BERTForFineTuning(
            Self.configuration(dropout: dropout), head: head, for: .training,
            capacity: BatchCapacity(sequences: 4, sequenceLength: 13, maskedPerSequence: 0),
            executor: KernelExecutor(threads: threads), headDropout: dropout, precision: precision)
        for parameter in model.layout.parameters {
            let values = model.parameters[parameter.range]
            let shift = parameter.name.hasSuffix("LayerNorm.weight") ? 1.0 : 0
            let phase = Double(parameter.name.utf8.count)
            for index in 0..<values.count {
                values[index] = Float(0.3 * sin(1.7 * Double(index) + phase) + shift)
            }
        }
        model.gradients.vector.fill(.nan)
        return model
    }

    func examples() throws -> [TaskExample] {
        let inputs: [Input] = try Self.read("inputs.json")
        let all = inputs.enumerated().map { index, input in
            TaskInput(tokenIDs: input.ids, segmentIDs: input.segments, sample: 30 + index)
        }
        let file = "\(name).json"
        let targets: [TaskTarget]
        switch head {
        case .classification, .choice:
            targets = try (Self.read(file) as Labels<Int>).labels.map { .category($0) }
        case .multiLabel:
            targets = try (Self.read(file) as Labels<[Int]>).labels.map { .categories($0) }
        case .regression:
            targets = try (Self.read(file) as Labels<Double>).labels.map { .score($0) }
        case .tokens:
            targets = try (Self.read(file) as Labels<[Int32]>).labels.map { .tokens($0) }
        case .span:
            targets = try (Self.read(file) as Labels<[Int]>).labels.map {
                .span(start: $0[0], end: $0[1])
            }
        }
        let groups = head == .choice ? [all[0...2], all[3...3]] : all.indices.map { all[$0...$0] }
        return zip(groups, targets).map {
            TaskExample(inputs: Array($0), target: $1, epoch: 1)
        }
    }

    private static func read<Value: Decodable>(_ file: String) throws -> Value {
        let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        let text = try String(
            contentsOfFile: "/\(folder)/Golden/tasks/\(file)", encoding: .utf8)
        return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

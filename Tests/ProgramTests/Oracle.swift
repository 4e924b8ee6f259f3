import DurableFiles
import FoundationEssentials
import Glibc
import HDF5

/// A reference case of `../shared/oracle`, computed by Hugging Face transformers in float64.
struct Oracle: Sendable, CustomStringConvertible {
    let name: String

    static let cases = [Oracle(name: "plain"), Oracle(name: "odd")]
    static let isThere = cases.allSatisfy { access($0.path("reference.h5"), F_OK) == 0 }
    static let skipping = "SKIPPED: there is no ../shared/oracle (BERT_SHARED names another place)"

    private static let root = "\(#filePath)".split(separator: "/").dropLast(3).reduce("") {
        "\($0)/\($1)"
    }

    private static let shared =
        getenv("BERT_SHARED").map { String(cString: $0) } ?? "\(root)/../shared"

    var description: String { name }

    func path(_ file: String) -> String { "\(Self.shared)/oracle/\(name)/\(file)" }

    /// The run that corresponds to the reference's trace of `optimizer`.
    func run(
        _ optimizer: OracleOptimizer, global: Int? = nil, micro: Int = 6
    ) throws -> Run {
        let file = try File.open(path("reference.h5"))
        let global = try global ?? Int(file.attribute("rows", as: Int32.self))
        let settings = try JSONDecoder().decode(
            OptimizerSettings.self, from: Data(file.textAttribute("optimizer").utf8))
        return Run(
            """
            run: {name: oracle}
            model: {initialize_from: "\(path("hf"))"}
            data: {train: ["\(path("pretrain.hdf5"))"], format: nvidia_hdf5, order: sequential}
            batch: {global: \(global), micro: \(min(micro, global))}
            optimizer: {name: \(optimizer.name), learning_rate: \(settings.lr), \
            beta1: \(settings.beta1), beta2: \(settings.beta2), epsilon: \(settings.epsilon), \
            weight_decay: \(settings.weight_decay), clip_norm: \(settings.clip)}
            schedule: {warmup_steps: \(settings.warmup_steps), \
            total_steps: \(settings.total_steps)}
            checkpoint: {every_minutes: 0}
            parallel: {threads: 1}
            """)
    }

    /// The reference's trace of `optimizer`.
    func trace(_ optimizer: OracleOptimizer) throws -> OracleTrace {
        let file = try File.open(path("reference.h5"))
        let group = try file.group(optimizer.group)
        func series(_ name: String) throws -> [Double] {
            try group.dataset(name).read(as: Double.self, maximumCount: 1000)
        }
        var parameters: [String: [Double]] = [:]
        let final = try group.group("final")
        for name in try final.names() {
            parameters[name] = try final.dataset(name).read(
                as: Double.self, maximumCount: 1 << 24)
        }
        return OracleTrace(
            loss: try series("loss"), learningRate: try series("learning_rate"),
            gradientNorm: try series("grad_norm"), parameters: parameters)
    }

    /// The reference's evaluation over all rows.
    func evaluation() throws -> OracleEvaluation {
        let file = try File.open(path("reference.h5"))
        return try JSONDecoder().decode(
            OracleEvaluation.self, from: Data(file.textAttribute("eval").utf8))
    }

    /// Masked tokens of all rows, and the shares of the most frequent one and of the majority label.
    func chance() throws -> (masked: Int, token: Double, label: Double) {
        let file = try File.open(path("pretrain.hdf5"))
        let ids = try file.dataset("masked_lm_ids").read(as: Int32.self, maximumCount: 1 << 20)
            .filter { $0 != 0 }
        let labels = try file.dataset("next_sentence_labels").read(
            as: Int8.self, maximumCount: 1 << 20)
        let counts = Dictionary(grouping: ids) { $0 }.values.map(\.count)
        let random = labels.count { $0 == 1 }
        return (
            ids.count, Double(counts.max() ?? 0) / Double(ids.count),
            Double(max(random, labels.count - random)) / Double(labels.count)
        )
    }

    // Names as in the file.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct OptimizerSettings: Decodable {
        var lr: Double
        var warmup_steps: Int
        var total_steps: Int
        var weight_decay: Double
        var beta1: Double
        var beta2: Double
        var epsilon: Double
        var clip: Double
    }
}

/// An optimizer of the reference.
enum OracleOptimizer: String, CaseIterable, Sendable {
    case adamw
    case lamb

    var name: String { rawValue }
    var group: String { self == .adamw ? "adamw_bert" : "lamb" }
}

/// Numbers of each step, and the parameters at the end.
struct OracleTrace {
    var loss: [Double]
    var learningRate: [Double]
    var gradientNorm: [Double]
    var parameters: [String: [Double]]
}

// Names as in the file.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct OracleEvaluation: Decodable {
    var mlm_loss: Double
    var nsp_loss: Double
    var mlm_accuracy: Double
    var nsp_accuracy: Double
    var rows: Int
}

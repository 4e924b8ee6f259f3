import DurableFiles
import FoundationEssentials
import HDF5
import Reporting
import TemporaryDirectories
import Testing

/// A run directory and the command that fills it.
struct Run {
    private let scratch = TemporaryDirectory()
    /// The configuration, YAML.
    var configuration: String
    /// Further variables of the environment, `NAME=VALUE`.
    var environment: [String] = []

    init(_ configuration: String) { self.configuration = configuration }

    /// A small model on the tiny corpus, with dropout.
    static func tiny(steps: Int = 12, _ more: String = "") throws -> Run {
        Run(
            """
            run: {name: tiny, seed: 7}
            model: {\(tinyModel)}
            data: {train: ["\(try TinyCorpus.path())"], sequence_length: 32}
            masking: {max_predictions: 6, unit: whole_word}
            batch: {global: 12, micro: 4}
            optimizer: {learning_rate: 1.0e-3}
            schedule: {warmup_steps: 2, total_steps: \(steps)}
            evaluation: {every_steps: 0}
            checkpoint: {every_steps: 0, every_minutes: 0, keep_last: 0}
            parallel: {threads: 1}
            \(more)
            """)
    }

    /// Two layers of 32, with awkward inner widths.
    static let tinyModel = """
        hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 56, \
        max_position_embeddings: 40
        """

    /// The run directory.
    var directory: String { scratch.file("run") }

    func path(_ name: String) -> String { Paths.join(directory, name) }

    /// The arguments of `bert-train`.
    func arguments(_ more: [String] = []) throws -> [String] {
        let file = try scratch.write("run.yaml", configuration)
        return ["pretrain", "--config", file, "--run", directory] + more
    }

    /// Trains to the end, or until it fails.
    func train(ranks: Int? = nil, _ more: [String] = []) throws -> Outcome {
        try Program.train(ranks: ranks, arguments(more), environment: environment)
    }

    /// Trains and requires success.
    @discardableResult
    func finish(
        ranks: Int? = nil, _ more: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try train(ranks: ranks, more)
        try outcome.require(sourceLocation: sourceLocation)
        return outcome
    }

    /// Starts training.
    func start(ranks: Int? = nil, _ more: [String] = []) throws -> RunningProgram {
        try Program.start(ranks: ranks, arguments(more), environment: environment)
    }

    /// Lines of `metrics.jsonl` of one kind of event.
    func events<Record: Decodable>(_ name: String, as type: Record.Type) throws -> [Record] {
        try fileText(path("metrics.jsonl")).split(separator: "\n").filter {
            $0.hasPrefix("{\"event\":\"\(name)\",")
        }.map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
    }

    /// The optimizer updates of the log.
    func steps() throws -> [StepRecord] { try events("step", as: StepRecord.self) }

    /// The losses of all updates.
    func losses() throws -> [Double] { try steps().map(\.loss) }

    /// The evaluations of the log.
    func evaluations() throws -> [EvaluationRecord] {
        try events("evaluation", as: EvaluationRecord.self)
    }

    /// Names of the checkpoints, oldest first.
    func checkpoints() throws -> [String] {
        guard try Paths.exists(path("checkpoints")) else { return [] }
        return try Paths.names(in: path("checkpoints")).sorted()
    }

    /// The directory of the checkpoint of `step`.
    func checkpoint(_ step: Int) -> String {
        let digits = "\(step)"
        let name = "step-" + String(repeating: "0", count: 8 - digits.count) + digits
        return path("checkpoints/\(name)")
    }

    /// Removes the checkpoint of `step`, as if the run had been stopped before it.
    func removeCheckpoint(_ step: Int) throws { try Paths.remove(checkpoint(step)) }

    /// Everything in a checkpoint, by the names in its files.
    func content(_ step: Int) throws -> CheckpointContent {
        try CheckpointContent(checkpoint(step))
    }
}

/// Everything that must be equal between two checkpoints of the same state.
struct CheckpointContent: Equatable {
    /// Parameters by their names.
    var parameters: [String: [Float]] = [:]
    /// Both moments, over all parts.
    var firstMoment: [Float] = []
    var secondMoment: [Float] = []
    /// Step, data position and so on, as the file has it.
    var state: String

    init(_ directory: String) throws {
        let file = try File.open(Paths.join(directory, "model.h5"))
        let group = try file.group("model")
        for name in try group.names() {
            parameters[name] = try group.dataset(name).read(as: Float.self, maximumCount: 1 << 24)
        }
        state = try file.group("training").textAttribute("state")
        let parts = try Paths.names(in: directory).filter { $0.hasPrefix("optimizer.") }
            .map { part in try File.open(Paths.join(directory, part)).moments() }
            .sorted { $0.start < $1.start }
        for part in parts {
            firstMoment += part.first
            secondMoment += part.second
        }
    }

    /// Parameters and moments without the state, which also records the run's origin.
    var tensors: CheckpointContent {
        var result = self
        result.state = ""
        return result
    }

    /// Greatest relative norm of a parameter's difference to `other`'s of the same name.
    func distance(to other: [String: [Double]]) throws -> Double {
        try #require(Set(parameters.keys) == Set(other.keys))
        return parameters.map { name, values in
            relativeNorm(values.map(Double.init), other[name] ?? [])
        }.max() ?? .infinity
    }

    /// Greatest relative norm of a parameter's difference to that of another run.
    ///
    /// Biases of keys are excluded: attention does not depend on them, so their gradients consist
    /// of rounding only, which Adam makes as large as anything else.
    func distance(to other: CheckpointContent) throws -> Double {
        try #require(Set(parameters.keys) == Set(other.parameters.keys))
        return parameters.filter { !$0.key.hasSuffix(".key.bias") }.map { name, values in
            relativeNorm(
                values.map(Double.init), (other.parameters[name] ?? []).map(Double.init))
        }.max() ?? .infinity
    }
}

extension File {
    fileprivate func moments() throws -> (start: Int64, first: [Float], second: [Float]) {
        (
            try attribute("start", as: Int64.self),
            try dataset("exp_avg").read(as: Float.self, maximumCount: 1 << 24),
            try dataset("exp_avg_sq").read(as: Float.self, maximumCount: 1 << 24)
        )
    }
}

/// |a - b| / |b|, infinite where their sizes differ.
func relativeNorm(_ values: [Double], _ expected: [Double]) -> Double {
    guard values.count == expected.count else { return .infinity }
    let difference = zip(values, expected).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = expected.reduce(0.0) { $0 + $1 * $1 }
    return (difference / max(norm, 1e-30)).squareRoot()
}

/// Greatest relative difference between two lists, infinite where their sizes differ.
func relativeDifference(_ values: [Double], _ expected: [Double]) -> Double {
    guard values.count == expected.count else { return .infinity }
    return zip(values, expected).map { abs($0 - $1) / max(abs($1), 1e-30) }.max() ?? 0
}

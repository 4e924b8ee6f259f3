import ArgumentParser
import BERT
import Kernels
import Optimization
import Reporting
import Samples
import Tensors
import TrainingStep

/// Data for measuring fine-tuning; `compare` passes the same options to its child.
struct FinetuneData: ParsableArguments {
    @Option(
        help: """
            Sentences with classes: a table with columns sentence and label. Without it, all \
            sentences are full.
            """)
    var train: String?
    @Option(help: "The vocab.txt for --train.")
    var vocabulary: String?

    func validate() throws {
        guard (train == nil) == (vocabulary == nil) else {
            throw ValidationError("--train and --vocabulary go together")
        }
    }
}

/// `bert-bench finetune`: fine-tuning steps of one rank.
struct FinetuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Time fine-tuning steps on sentences with classes, on one rank.",
        discussion: """
            `compare` sets it against PyTorch. On full sentences, `step` has the same shape: its \
            encoder, without the heads, is what this is to be as fast as.
            """)

    @OptionGroup var options: StepOptions
    @OptionGroup var data: FinetuneData
    @Option(help: "Steps before those that are timed.")
    var warmup = 2
    @Flag(help: "Print nothing but one JSON object.")
    var json = false

    func validate() throws {
        guard (0...100_000).contains(warmup) else {
            throw ValidationError("--warmup must lie between 0 and 100000")
        }
    }

    func run() throws {
        let batches = try FinetuneBatches(options, data, warmup: warmup)
        let benchmark = try FinetuneBenchmark(
            batches, options, executor: KernelExecutor(threads: options.threads))
        for _ in 0..<warmup { _ = try benchmark.step() }
        var tokens = 0
        let time = try seconds {
            for _ in 0..<options.steps { tokens += try benchmark.step() }
        }
        let result = FinetuneResult(
            preset: options.preset.rawValue, precision: options.precision.rawValue,
            micro: options.micro, accumulation: options.accumulation, threads: options.threads,
            tokensPerSecond: Double(tokens) / time,
            examplesPerSecond: Double(options.steps * options.micro * options.accumulation) / time,
            peakRssMb: ProcessPeak.residentMegabytes)
        if json { try Output.json(result) } else { result.printTable() }
    }
}

/// Result of `finetune`. Steps differ in length, so speeds are those of all steps together.
struct FinetuneResult: Encodable {
    let preset: String
    let precision: String
    let micro: Int
    let accumulation: Int
    let threads: Int
    let tokensPerSecond: Double
    let examplesPerSecond: Double
    let peakRssMb: Int

    func printTable() {
        Output.table(
            ["\(preset) \(precision), fine-tuning", ""],
            [
                ["micro-batch", "\(micro) examples, \(accumulation) a step"],
                ["threads", "\(threads)"],
                ["tokens/s", HumanFormat.fixed(tokensPerSecond, decimals: 1)],
                ["examples/s", HumanFormat.fixed(examplesPerSecond, decimals: 1)],
                ["peak memory, MB", "\(peakRssMb)"],
            ])
    }
}

/// Real fine-tuning steps, run by the code of `bert-train finetune`.
final class FinetuneBenchmark {
    private let model: BERTForFineTuning
    private let replica: ReplicaStep
    private let batches: [[TaskExample]]
    private let accumulation: Int
    private var steps = 0

    private static let seed: UInt64 = 1

    /// A freshly initialized classifier.
    ///
    /// - Throws: `PretrainingError` (78) if it does not fit into memory.
    init(_ data: FinetuneBatches, _ options: StepOptions, executor: KernelExecutor) throws {
        var sizes = options.shape.configuration
        sizes.vocabularySize = data.vocabularySize
        accumulation = options.accumulation
        let length = data.batches.lazy.flatMap(\.ids).map(\.count).max() ?? 1
        let head = TaskHead.classification(classes: data.classes)
        let capacity = BatchCapacity(
            sequences: options.micro, sequenceLength: length, maskedPerSequence: 0)
        try Limits.check(
            bytes: BERTForFineTuning.trainingBytes(
                sizes, head: head, capacity: capacity, threads: executor.team.count,
                precision: options.precision),
            parameters: ParameterLayout.fineTuning(sizes, head).count, micro: options.micro)
        model = BERTForFineTuning(
            sizes, head: head, for: .training, capacity: capacity, executor: executor,
            precision: options.precision)
        model.initialize(seed: Self.seed)
        replica = try ReplicaStep(
            of: model, optimizer: OptimizerSettings(learningRate: 3e-5), scaling: .fixed(1),
            among: nil)
        var sample = 0
        batches = data.batches.map { batch in
            zip(batch.ids, batch.labels).map { ids, label in
                sample += 1
                return TaskExample(
                    inputs: [
                        TaskInput(
                            tokenIDs: ids, segmentIDs: [UInt8](repeating: 0, count: ids.count),
                            sample: sample)
                    ], target: .category(label))
            }
        }
    }

    /// Runs one step: forward and backward over its micro-batches, clipping and AdamW.
    ///
    /// - Returns: the number of its tokens.
    /// - Throws: where the gradients are not finite, so that the time means nothing.
    func step() throws -> Int {
        let first = steps * accumulation
        let part = batches[first..<first + accumulation]
        steps += 1
        let examples = part.reduce(0) { $0 + $1.count }
        _ = try replica.computeGradients(MicroBatchRounds(accumulation, of: accumulation)) {
            index, accumulates, observer in
            _ = model.train(
                part[first + index], scale: 1 / Float(examples), seed: Self.seed,
                accumulate: accumulates, observer: observer)
        }
        let update = try replica.update(
            number: steps, learningRate: replica.optimizer.settings.learningRate, loss: 0)
        guard !update.overflowed else {
            throw BenchmarkError(
                "step \(steps): the gradient norm is \(update.gradientNorm); this is a bug: please "
                    + "report it")
        }
        return part.joined().reduce(0) { sum, example in
            example.inputs.reduce(sum) { $0 + $1.tokenIDs.count }
        }
    }
}

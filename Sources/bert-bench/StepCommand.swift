public import ArgumentParser
public import BERT
import Kernels
import Reporting
import Runtime
public import Tensors

/// Options of a measured step; `compare` passes them to its child.
struct StepOptions: ParsableArguments {
    @Option(help: "The model: \(ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset = ModelPreset.base
    @Option(help: "How activations are stored and products computed: fp32, bf16 or fp16.")
    var precision = Precision.fp32
    @Option(help: "Sequences of a micro-batch.")
    var micro = 16
    @Option(help: "Tokens of a sequence; all are full.")
    var sequenceLength = 128
    @Option(help: "Threads (default: all processors).")
    var threads = ThreadPlan.threadsOfThisProcess
    @Option(help: "Steps that are timed.")
    var steps = 5
    @Option(help: "Micro-batches of a step.")
    var accumulation = 1

    var shape: StepShape {
        StepShape(preset: preset, micro: micro, sequenceLength: sequenceLength)
    }

    func validate() throws {
        try Limits.check(micro: micro, sequenceLength: sequenceLength)
        try Limits.check(threads: threads)
        guard (1...100_000).contains(steps), (1...100_000).contains(accumulation) else {
            throw ValidationError("--steps and --accumulation must lie between 1 and 100000")
        }
    }
}

extension ModelPreset: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

/// `bert-bench step`: training steps of one rank.
struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Time training steps on synthetic samples, on one rank.")

    @OptionGroup var options: StepOptions
    @Option(help: "Steps before those that are timed.")
    var warmup = 2
    @Flag(help: "Say where the time goes.")
    var breakdown = false
    @Flag(help: "Print nothing but one JSON object.")
    var json = false

    func validate() throws {
        guard (0...100_000).contains(warmup) else {
            throw ValidationError("--warmup must lie between 0 and 100000")
        }
    }

    func run() throws {
        let executor = KernelExecutor(threads: options.threads)
        let benchmark = try StepBenchmark(
            options.shape, precision: options.precision, accumulation: options.accumulation,
            executor: executor)
        for _ in 0..<warmup { try benchmark.step() }
        let peak = MachinePeak(executor, options.precision)
        let times = try (0..<options.steps).map { _ in
            let time = try seconds { try benchmark.step() }
            peak.measure()
            return time
        }
        let result = StepResult(
            options, benchmark, times, peak: peak.gigaflops,
            instructions: executor.products(options.precision))
        if json {
            try Output.json(result)
        } else {
            result.printSummary()
        }
        if breakdown { try StepBreakdown(benchmark).print(json: json) }
    }
}

/// The result of `step`.
struct StepResult: Codable {
    let preset: String
    let precision: String
    let micro: Int
    let accumulation: Int
    let sequenceLength: Int
    let threads: Int
    /// Rate of the median step.
    let tokensPerSecond: Double
    /// Duration of the median step, in seconds.
    let stepSeconds: Double
    let bestStepSeconds: Double
    let peakRssMb: Int
    /// Instruction set used for products.
    let instructions: String
    /// Model operations of the median step, as a fraction of the measured peak of those
    /// instructions.
    let mfu: Double
    /// Model operations of the median step, in 10^9 per second.
    let gflops: Double

    init(
        _ options: StepOptions, _ benchmark: StepBenchmark, _ times: [Double], peak: Double,
        instructions: ProductInstructions
    ) {
        self.instructions = "\(instructions)"
        preset = options.preset.rawValue
        precision = options.precision.rawValue
        micro = options.micro
        accumulation = options.accumulation
        sequenceLength = options.sequenceLength
        threads = options.threads
        stepSeconds = median(times)
        bestStepSeconds = times.min() ?? stepSeconds
        tokensPerSecond = Double(benchmark.tokens) / stepSeconds
        peakRssMb = ProcessPeak.residentMegabytes
        gflops = benchmark.operations / stepSeconds / 1e9
        mfu = gflops / peak
    }

    func printSummary() {
        func fixed(_ value: Double, _ decimals: Int) -> String {
            HumanFormat.fixed(value, decimals: decimals)
        }
        Output.table(
            ["\(preset) \(precision)", ""],
            [
                ["micro-batch", "\(micro) x \(sequenceLength), \(accumulation) a step"],
                ["threads", "\(threads)"],
                ["tokens/s", fixed(tokensPerSecond, 1)],
                ["seconds a step (median)", fixed(stepSeconds, 4)],
                ["seconds a step (best)", fixed(bestStepSeconds, 4)],
                ["peak memory, MB", "\(peakRssMb)"],
                ["GFLOP/s of the model", fixed(gflops, 1)],
                ["products", instructions],
                ["part of their peak", HumanFormat.percent(mfu)],
            ])
    }
}

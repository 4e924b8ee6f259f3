import ArgumentParser
import Kernels
import Reporting
import Runtime
import Tensors

/// `bert-bench peak`: the machine's peak performance.
struct PeakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peak",
        abstract:
            "Measure the peaks of fp32 and bf16 arithmetic and the memory's triad bandwidth.")

    @Option(help: "Threads (default: all processors).")
    var threads = ThreadPlan.threadsOfThisProcess
    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
        try Limits.check(threads: threads)
    }

    /// The printed result.
    private struct Result: Encodable {
        let instructionSet: String
        let threads: Int
        let gflopsOneThread: Double
        let gflops: Double
        let bf16Instructions: String
        let bf16GflopsOneThread: Double
        let bf16Gflops: Double
        let triadGigabytesPerSecondOneThread: Double
        let triadGigabytesPerSecond: Double
    }

    private static func gigaflops(_ executor: KernelExecutor, _ precision: Precision) -> Double {
        let peak = MachinePeak(executor, precision)
        peak.measure(trials: 50)
        return peak.gigaflops
    }

    func run() throws {
        let one = KernelExecutor(threads: 1)
        let all = KernelExecutor(threads: threads)
        let result = Result(
            instructionSet: "\(all.instructionSet)", threads: threads,
            gflopsOneThread: Self.gigaflops(one, .fp32), gflops: Self.gigaflops(all, .fp32),
            bf16Instructions: "\(all.products(.bf16))",
            bf16GflopsOneThread: Self.gigaflops(one, .bf16),
            bf16Gflops: Self.gigaflops(all, .bf16),
            triadGigabytesPerSecondOneThread: Triad(one).gigabytesPerSecond(),
            triadGigabytesPerSecond: Triad(all).gigabytesPerSecond())
        guard !json else { return try Output.json(result) }
        func fixed(_ value: Double) -> String { HumanFormat.fixed(value, decimals: 1) }
        Output.table(
            [result.instructionSet, "GFLOP/s fp32", "bf16", "triad GB/s"],
            [
                [
                    "1 thread", fixed(result.gflopsOneThread),
                    fixed(result.bf16GflopsOneThread),
                    fixed(result.triadGigabytesPerSecondOneThread),
                ],
                [
                    "\(threads) threads", fixed(result.gflops), fixed(result.bf16Gflops),
                    fixed(result.triadGigabytesPerSecond),
                ],
            ])
        Output.note("bf16: products \(result.bf16Instructions)")
    }
}

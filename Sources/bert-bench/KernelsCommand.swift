import ArgumentParser
import BERT
import Kernels
import Reporting
import Runtime

/// `bert-bench kernels`: every kernel except matrix products, compared with the machine's limits.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Time every kernel but the products, and compare it with the machine's limits.",
        discussion: """
            Bytes are those that a kernel cannot but read and write. Before each run the triad \
            runs, which also empties the caches. The last column is the part of the triad's \
            bandwidth (median over these pairs), or of the peak of fp32, whichever is more. \
            Nothing is timed before it agrees with the portable kernels.
            """)

    @Option(help: "The model whose sizes are taken.")
    var preset = ModelPreset.base
    @Option(help: "Sequences of a micro-batch.")
    var micro = 16
    @Option(help: "Tokens of a sequence.")
    var sequenceLength = 128
    @Option(help: "Threads (default: all processors).")
    var threads = ThreadPlan.threadsOfThisProcess
    @Option(help: "Runs of each kernel.")
    var pairs = 7
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    func validate() throws {
        try Limits.check(threads: threads)
        try Limits.check(micro: micro, sequenceLength: sequenceLength)
        try Limits.check(pairs: pairs)
    }

    /// Printed result for one kernel.
    private struct Result: Encodable {
        let name: String
        let size: String
        let threads: Int
        let seconds: Double
        let bestSeconds: Double
        let secondsAStep: Double
        let gigabytesPerSecond: Double
        /// Speed of kernels that contain products.
        let gflops: Double?
        /// Fraction of the measured time that the triad's bandwidth, or fp32's peak if slower,
        /// would need.
        let partOfLimit: Double

        var row: [String] {
            [
                name, size, HumanFormat.fixed(seconds * 1e3, decimals: 3),
                HumanFormat.fixed(bestSeconds * 1e3, decimals: 3),
                HumanFormat.fixed(secondsAStep * 1e3, decimals: 1),
                HumanFormat.fixed(gigabytesPerSecond, decimals: 1),
                gflops.map { HumanFormat.fixed($0, decimals: 0) } ?? "-",
                HumanFormat.percent(partOfLimit),
            ]
        }
    }

    func run() throws {
        let own = KernelExecutor(threads: threads)
        let portable = KernelExecutor(threads: threads, instructionSet: .portable)
        let (triad, peak) = (Triad(own), MachinePeak(own))
        let shape = StepShape(preset: preset, micro: micro, sequenceLength: sequenceLength)
        let results = try KernelCases(shape, threads: threads).all.map {
            try measure($0(), own, portable, triad, peak)
        }
        if json {
            for result in results { try Output.json(result) }
        } else {
            Output.table(
                ["kernel", "size", "ms", "best ms", "ms a step", "GB/s", "GFLOP/s", "of limit"],
                results.map(\.row))
        }
    }

    private func measure(
        _ kernel: KernelCase, _ own: KernelExecutor, _ portable: KernelExecutor, _ triad: Triad,
        _ peak: MachinePeak
    ) throws -> Result {
        let difference = kernel.difference(own, portable)
        // Sums of thousands of terms in different orders differ by less than a tenth of this.
        guard difference < 1e-4 else {
            throw BenchmarkError(
                "\(kernel.name): differs from the portable kernel by \(difference) of the largest "
                    + "value; not timed. This is a bug: please report it")
        }
        var times: [Double] = []
        var bounds: [Double] = []
        for _ in 0..<pairs {
            kernel.reset()
            bounds.append(seconds { triad.run() } / triad.bytes)
            times.append(seconds { kernel.run(own) })
        }
        let time = median(times)
        peak.measure()
        let partOfTriad = medianRatio(bounds, over: times.map { $0 / kernel.bytes })
        let gigaflops = kernel.operations / time / 1e9
        return Result(
            name: kernel.name, size: kernel.size, threads: threads, seconds: time,
            bestSeconds: times.min() ?? time,
            secondsAStep: time * kernel.calls, gigabytesPerSecond: kernel.bytes / time / 1e9,
            gflops: kernel.operations > 0 ? gigaflops : nil,
            partOfLimit: max(partOfTriad, gigaflops / peak.gigaflops))
    }
}

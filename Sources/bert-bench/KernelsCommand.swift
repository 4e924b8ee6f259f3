import ArgumentParser
import Configuration
import Glibc
import Kernels
import Reporting

/// `bert-bench kernels`: every kernel but the products against the memory's bandwidth.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Time every kernel but the products, and compare it with the memory's triad.",
        discussion: """
            Bytes are those that a kernel cannot but read and write. Before each run the triad \
            runs, which also empties the caches; the last column is the median over these pairs. \
            Nothing is timed before it agrees with the portable kernels.
            """)

    @Option(help: "The model whose sizes are taken.")
    var preset = Preset.base
    @Option(help: "Sequences of a micro-batch.")
    var micro = 16
    @Option(help: "Tokens of a sequence.")
    var sequenceLength = 128
    @Option(help: "Threads (default: all processors).")
    var threads = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    @Option(help: "Runs of each kernel.")
    var pairs = 7
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    func validate() throws {
        try Limits.check(threads: threads)
        try Limits.check(micro: micro, sequenceLength: sequenceLength)
        try Limits.check(pairs: pairs)
    }

    /// What is printed of a kernel.
    private struct Result: Encodable {
        let name: String
        let size: String
        let threads: Int
        let seconds: Double
        let bestSeconds: Double
        let secondsAStep: Double
        let gigabytesPerSecond: Double
        let partOfTriad: Double

        var row: [String] {
            [
                name, size, HumanFormat.fixed(seconds * 1e3, decimals: 3),
                HumanFormat.fixed(bestSeconds * 1e3, decimals: 3),
                HumanFormat.fixed(secondsAStep * 1e3, decimals: 1),
                HumanFormat.fixed(gigabytesPerSecond, decimals: 1),
                HumanFormat.percent(partOfTriad),
            ]
        }
    }

    func run() throws {
        let own = KernelExecutor(threads: threads)
        let portable = KernelExecutor(threads: threads, instructionSet: .portable)
        let triad = Triad(own)
        let shape = StepShape(preset: preset, micro: micro, sequenceLength: sequenceLength)
        let results = try KernelCases(shape, threads: threads).all.map {
            try measure($0(), own, portable, triad)
        }
        if json {
            for result in results { try Output.json(result) }
        } else {
            Output.table(
                ["kernel", "size", "ms", "best ms", "ms a step", "GB/s", "of triad"],
                results.map(\.row))
        }
    }

    private func measure(
        _ kernel: KernelCase, _ own: KernelExecutor, _ portable: KernelExecutor, _ triad: Triad
    ) throws -> Result {
        let difference = kernel.difference(own, portable)
        // Sums of thousands of terms in another order differ by less than a tenth of this.
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
        return Result(
            name: kernel.name, size: kernel.size, threads: threads, seconds: time,
            bestSeconds: times.min() ?? time,
            secondsAStep: time * kernel.calls, gigabytesPerSecond: kernel.bytes / time / 1e9,
            partOfTriad: medianRatio(bounds, over: times.map { $0 / kernel.bytes }))
    }
}

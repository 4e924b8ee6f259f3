import ArgumentParser
import BERT
import Kernels
import Reporting
import Runtime
import Tensors

/// `bert-bench gemm`: our matrix product against OpenBLAS's.
struct GemmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Time matrix products of BERT's shapes against OpenBLAS, in alternating pairs.",
        discussion: """
            Both share the work among threads in the same way, so the ratio is that of the products \
            on each thread. Nothing is timed before both agree.
            """)

    @Option(
        help: """
            Shapes to time, ROWSxCOLUMNSxDEPTH, separated by commas, each with :nt, :tn or :tt \
            where a factor is transposed (default: those of BERT-base, 16 sequences of 128).
            """)
    var shapes: String?
    @Option(
        help: "How our factors are stored and rounded: fp32, bf16 or fp16; OpenBLAS has fp32 only.")
    var precision = Precision.fp32
    @Option(help: "Threads (default: all processors).")
    var threads = ThreadPlan.threadsOfThisProcess
    @Option(help: "Pairs of runs for each shape.")
    var pairs = 5
    @Flag(help: "Print one JSON object a line instead of a table.")
    var json = false

    private var selection: [ProductShape] {
        guard let shapes else {
            return ProductShape.all(of: StepShape(preset: .base, micro: 16, sequenceLength: 128))
        }
        return shapes.split(separator: ",").compactMap { ProductShape($0) }
    }

    func validate() throws {
        if let shapes {
            let count = shapes.split(separator: ",", omittingEmptySubsequences: false).count
            guard count == selection.count else {
                throw ValidationError(
                    "--shapes '\(shapes)' is no list of shapes such as 2048x768x3072:nt")
            }
        }
        try Limits.check(threads: threads)
        try Limits.check(pairs: pairs)
    }

    /// Printed result for one shape.
    private struct Result: Encodable {
        let name: String
        let shape: String
        let precision: String
        let threads: Int
        let gflops: Double
        let openblasGflops: Double
        let speedRatio: Double
        /// Fraction of the best peak seen during the whole run.
        var partOfPeak = 0.0

        var row: [String] {
            [
                name, shape, HumanFormat.fixed(gflops, decimals: 1),
                HumanFormat.fixed(openblasGflops, decimals: 1),
                HumanFormat.fixed(speedRatio, decimals: 2), HumanFormat.percent(partOfPeak),
            ]
        }
    }

    func run() throws {
        let own = KernelExecutor(threads: threads)
        let openBLAS = KernelExecutor(threads: threads, instructionSet: .portable)
        if own.instructionSet == .portable {
            Output.note("this processor has neither AVX2 nor AVX-512: both sides are OpenBLAS")
        }
        let peak = MachinePeak(own, precision)
        var results = try selection.map {
            peak.measure()
            return try measure($0, own, openBLAS)
        }
        peak.measure()
        for index in results.indices {
            results[index].partOfPeak = results[index].gflops / peak.gigaflops
        }
        if json {
            for result in results { try Output.json(result) }
        } else {
            Output.table(
                ["product", "shape", "GFLOP/s", "OpenBLAS", "ratio", "of peak"],
                results.map(\.row))
        }
    }

    private func measure(
        _ shape: ProductShape, _ own: KernelExecutor, _ openBLAS: KernelExecutor
    ) throws -> Result {
        let product = ProductCase(shape, precision)
        let difference = product.difference(own, openBLAS)
        // Rounding errors of random sign grow as the square root of the depth; this is far above
        // them.
        guard difference < 1e-4 else {
            throw BenchmarkError(
                "\(shape.text): differs from OpenBLAS by \(difference) of the largest value; not "
                    + "timed. This is a bug: please report it")
        }
        let times = alternating(
            pairs: pairs, { product.run(own) }, { product.run(openBLAS, stored: false) })
        return Result(
            name: shape.name, shape: shape.text, precision: precision.rawValue,
            threads: threads,
            gflops: shape.operations / median(times.first) / 1e9,
            openblasGflops: shape.operations / median(times.second) / 1e9,
            speedRatio: medianRatio(times.second, over: times.first))
    }
}

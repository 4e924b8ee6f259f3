import ArgumentParser
import Configuration
import Glibc
import Reporting
import Tensors

/// `bert-bench compare`: our step and PyTorch's, in turns.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Time the same training step here and in PyTorch, in alternating pairs.",
        discussion: """
            Each run is a process of its own, so that peak memory is each one's own, too. The \
            ratios are medians over the pairs: what else the machine does slows both alike.
            """)

    @OptionGroup var options: StepOptions
    @Option(help: "Pairs of runs.")
    var pairs = 3
    @Option(help: "The Python that has PyTorch.")
    var python = "python3"
    @Option(help: "The PyTorch script; it prints a JSON object at its end.")
    var script = "../shared/peers/torch_pretrain.py"
    @Flag(help: "Print nothing but one JSON object.")
    var json = false

    func validate() throws {
        try Limits.check(pairs: pairs)
    }

    func run() throws {
        let peer = TorchPeer(python: python, script: script)
        do {
            try peer.check()
        } catch {
            Output.note("\(error)")
            throw ExitCode(66)
        }
        let command = try Self.ownStep(options)
        var own: [StepResult] = []
        var other: [TorchPeer.Result] = []
        for pair in 0..<pairs {
            if pair % 2 == 0 { own.append(try decode(StepResult.self, from: command)) }
            other.append(try peer.run(options))
            if pair % 2 == 1 { own.append(try decode(StepResult.self, from: command)) }
            if !json, let own = own.last, let other = other.last {
                print("pair \(pair + 1): \(Self.line(own, other))")
                fflush(nil)
            }
        }
        let comparison = Comparison(options, own: own, other: other)
        if json { try Output.json(comparison) } else { comparison.printTable() }
    }

    /// `step` by this very program, as a child.
    private static func ownStep(_ options: StepOptions) throws -> [String] {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = path.withUnsafeMutableBytes {
            buffer in
            buffer.baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? -1
        }
        guard count > 0 else { throw BenchmarkError("cannot read /proc/self/exe") }
        return [
            String(decoding: path[..<count], as: UTF8.self), "step", "--json", "--preset",
            options.preset.rawValue, "--precision", options.precision.rawValue, "--micro",
            "\(options.micro)", "--sequence-length", "\(options.sequenceLength)", "--threads",
            "\(options.threads)", "--steps", "\(options.steps)", "--accumulation",
            "\(options.accumulation)",
        ]
    }

    private static func line(_ own: StepResult, _ other: TorchPeer.Result) -> String {
        let speeds = [
            own.tokensPerSecond, other.tokensPerS, own.tokensPerSecond / other.tokensPerS,
        ]
        .map { HumanFormat.fixed($0, decimals: 2) }
        return "\(speeds[0]) and \(speeds[1]) tokens/s, ratio \(speeds[2])"
    }
}

/// What `compare` found: medians over the pairs.
private struct Comparison: Encodable {
    let preset: String
    let precision: String
    let micro: Int
    let accumulation: Int
    let sequenceLength: Int
    let threads: Int
    let pairs: Int
    let peer: String
    let tokensPerSecond: Double
    let peerTokensPerSecond: Double
    /// Our speed over the peer's: the median over the pairs.
    let speedRatio: Double
    let peakRssMb: Double
    let peerPeakRssMb: Double
    /// Our peak memory over the peer's.
    let memoryRatio: Double

    init(_ options: StepOptions, own: [StepResult], other: [TorchPeer.Result]) {
        preset = options.preset.rawValue
        precision = options.precision.rawValue
        micro = options.micro
        accumulation = options.accumulation
        sequenceLength = options.sequenceLength
        threads = options.threads
        pairs = own.count
        peer = other.first?.peer ?? ""
        let speeds = (own: own.map(\.tokensPerSecond), other: other.map(\.tokensPerS))
        let memory = (
            own: own.map { Double($0.peakRssMb) }, other: other.map { Double($0.peakRssMb) }
        )
        tokensPerSecond = median(speeds.own)
        peerTokensPerSecond = median(speeds.other)
        speedRatio = medianRatio(speeds.own, over: speeds.other)
        peakRssMb = median(memory.own)
        peerPeakRssMb = median(memory.other)
        memoryRatio = medianRatio(memory.own, over: memory.other)
    }

    func printTable() {
        func fixed(_ value: Double, _ decimals: Int) -> String {
            HumanFormat.fixed(value, decimals: decimals)
        }
        Output.table(
            ["\(preset) \(precision), \(micro) x \(sequenceLength)", "bert", peer, "ratio"],
            [
                [
                    "tokens/s", fixed(tokensPerSecond, 1), fixed(peerTokensPerSecond, 1),
                    fixed(speedRatio, 2),
                ],
                [
                    "peak memory, MB", fixed(peakRssMb, 0), fixed(peerPeakRssMb, 0),
                    fixed(memoryRatio, 2),
                ],
            ])
    }
}

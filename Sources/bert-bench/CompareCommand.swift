import ArgumentParser
import BERT
import Glibc
import Reporting
import Tensors

/// `bert-bench compare`: our step and PyTorch's, alternately.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Time the same training step here and in PyTorch, in alternating pairs.",
        discussion: """
            A step of pre-training; with --finetune one of fine-tuning, on the sentences of --train \
            or on full ones. \
            Each run is a process of its own, so that peak memory is each one's own, too. The \
            ratios are medians over the pairs: what else the machine does slows both alike.
            """)

    @OptionGroup var options: StepOptions
    @Flag(help: "Compare fine-tuning.")
    var finetune = false
    @OptionGroup var data: FinetuneData
    @Option(help: "Pairs of runs.")
    var pairs = 3
    @Option(help: "The Python that has PyTorch.")
    var python = "python3"
    @Option(
        help: """
            The PyTorch script; it prints a JSON object at its end (default: \
            Tests/Peers/torch_pretrain.py, for fine-tuning torch_finetune.py there).
            """)
    var script: String?
    @Flag(help: "Have PyTorch compile its step (torch.compile).")
    var compile = false
    @Flag(help: "Print nothing but one JSON object.")
    var json = false

    func validate() throws {
        try Limits.check(pairs: pairs)
        guard finetune || data.train == nil else {
            throw ValidationError("--train is for --finetune")
        }
    }

    func run() throws {
        let peer = TorchPeer(
            python: python,
            script: script
                ?? (finetune
                    ? "Tests/Peers/torch_finetune.py" : "Tests/Peers/torch_pretrain.py"))
        try peer.check()
        let own = try ownCommand()
        guard finetune else {
            return try compare(own, peer.pretraining(options, compiles: compile))
        }
        let file = try TemporaryFile(
            FinetuneBatches(options, data, warmup: Self.finetuningWarmup).json())
        try compare(own, peer.finetuning(options, batches: file.path, compiles: compile))
    }

    private static let finetuningWarmup = 2

    /// Command for the same step by this program, as a child process.
    private func ownCommand() throws -> [String] {
        var command = [
            try ChildProcess.ownPath(), finetune ? "finetune" : "step", "--json", "--preset",
            options.preset.rawValue, "--precision", options.precision.rawValue, "--micro",
            "\(options.micro)", "--sequence-length", "\(options.sequenceLength)", "--threads",
            "\(options.threads)", "--steps", "\(options.steps)", "--accumulation",
            "\(options.accumulation)",
        ]
        if finetune { command += ["--warmup", "\(Self.finetuningWarmup)"] }
        if let train = data.train, let vocabulary = data.vocabulary {
            command += ["--train", train, "--vocabulary", vocabulary]
        }
        return command
    }

    /// Runs the two commands alternately.
    private func compare(_ ownCommand: [String], _ otherCommand: [String]) throws {
        var own: [OwnResult] = []
        var other: [TorchPeer.Result] = []
        for pair in 0..<pairs {
            if pair % 2 == 0 { own.append(try decode(OwnResult.self, from: ownCommand)) }
            other.append(try decode(TorchPeer.Result.self, from: otherCommand))
            if pair % 2 == 1 { own.append(try decode(OwnResult.self, from: ownCommand)) }
            if !json, let own = own.last, let other = other.last {
                print("pair \(pair + 1): \(Self.line(own, other))")
                fflush(nil)
            }
        }
        let comparison = Comparison(
            options, work: finetune ? "fine-tuning" : "pre-training", compiled: compile, own: own,
            other: other)
        if json { try Output.json(comparison) } else { comparison.printTable() }
    }

    private static func line(_ own: OwnResult, _ other: TorchPeer.Result) -> String {
        let speeds = [
            own.tokensPerSecond, other.tokensPerS, own.tokensPerSecond / other.tokensPerS,
        ]
        .map { HumanFormat.fixed($0, decimals: 2) }
        return "\(speeds[0]) and \(speeds[1]) tokens/s, ratio \(speeds[2])"
    }
}

/// The common part of the results of `step` and `finetune`.
private struct OwnResult: Decodable {
    let tokensPerSecond: Double
    let peakRssMb: Int
}

/// The result of `compare`: medians over the pairs.
private struct Comparison: Encodable {
    let work: String
    let preset: String
    let precision: String
    let micro: Int
    let accumulation: Int
    let sequenceLength: Int
    let threads: Int
    let pairs: Int
    let peer: String
    let compiled: Bool
    let tokensPerSecond: Double
    let peerTokensPerSecond: Double
    /// Our speed divided by the peer's: the median over the pairs.
    let speedRatio: Double
    let peakRssMb: Double
    let peerPeakRssMb: Double
    /// Our peak memory divided by the peer's.
    let memoryRatio: Double

    init(
        _ options: StepOptions, work: String, compiled: Bool, own: [OwnResult],
        other: [TorchPeer.Result]
    ) {
        self.work = work
        self.compiled = compiled
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
            [
                "\(work), \(preset) \(precision), \(micro) x \(sequenceLength)", "bert",
                compiled ? "\(peer), compiled" : peer, "ratio",
            ],
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

import BERT
import Checkpointing
import DurableFiles
import ExitCoding
import Glibc
import MPI
import OperatingSystem
import Optimization
import Pretraining
import Reporting
import Tensors
import Tokenization

/// Training steps with background checkpoints, on all ranks.
final class CheckpointBenchmark {
    /// Cost of one checkpoint; times are in seconds.
    struct Sample {
        /// Size of its files.
        var bytes = 0
        /// Time in which training stood still.
        var stalled = 0.0
        /// Time of the slowest rank's writing, and of publishing.
        var written = 0.0
        /// Additional time of steps compared with steps without a checkpoint, summed.
        var slowdown = 0.0
        /// Time to write and sync a plain file of the same size.
        var disk = 0.0
        /// Time to read all bytes and verify their SHA-256.
        var verified = 0.0
        /// Time to read parameters and this rank's moments.
        var restored = 0.0
    }

    private let benchmark: StepBenchmark
    private let keeper: CheckpointKeeper
    private let world: Communicator
    private let directory: String
    private var last: CheckpointKeeper.Outcome?
    private static let quietSteps = 5

    /// Makes a model to train, and a directory for its checkpoints. Collective.
    init(_ benchmark: StepBenchmark, in directory: String, _ world: Communicator) throws {
        self.benchmark = benchmark
        self.directory = directory
        self.world = world
        var settings = RunConfiguration.Checkpoint()
        settings.keepLast = 1
        keeper = CheckpointKeeper(
            settings, store: CheckpointStore(run: directory), communicator: world)
        guard try keeper.reserve(count: benchmark.model.layout.count) else {
            throw BenchmarkError(
                "there is no memory for a copy of the state", exitCode: ExitStatus.configuration)
        }
        keeper.report = { [unowned self] in last = $0 }
        try benchmark.step()
    }

    /// Measures one checkpoint, its steps, and the disk. Collective.
    func trial(_ number: Int) throws -> Sample {
        let quiet = try median((0..<Self.quietSteps).map { _ in try step() })
        var sample = Sample()
        var state = TrainingState()
        state.step = number
        last = nil
        try keeper.begin(
            state, model: benchmark.model,
            moments: FlatMoments(of: benchmark.optimizer, part: world.rank, of: world.size),
            description: ModelDescription(
                configuration: "{}", vocabulary: "[PAD]\n", tokenizer: TokenizerSettings()))
        while last == nil {
            sample.slowdown += try step() - quiet
            if try world.allReduce(Int64(keeper.isBusyLocally ? 1 : 0), .sum) == 0 {
                try keeper.advanceStage()
            }
        }
        guard case .published(let record, _)? = last else {
            throw BenchmarkError(
                "the checkpoint could not be written: \(String(describing: last))",
                exitCode: ExitStatus.inputOutput)
        }
        (sample.bytes, sample.written) = (record.bytes, record.seconds)
        sample.stalled = record.stalledSeconds
        try restore(&sample)
        if world.rank == 0 { sample.disk = try plainFile(sample.bytes) }
        try world.barrier()
        return sample
    }

    private func step() throws -> Double { try seconds { try benchmark.step() } }

    /// Verifies the checkpoint on rank 0, then reads it on all ranks.
    private func restore(_ sample: inout Sample) throws {
        if world.rank == 0 {
            sample.verified = try seconds { _ = try Checkpoint.open(directory) }
        }
        try world.barrier()
        let entry = try CheckpointStore(run: directory).list()
        guard let path = entry.first?.path else {
            throw BenchmarkError("no checkpoint is there", exitCode: ExitStatus.inputOutput)
        }
        let (model, optimizer) = (benchmark.model, benchmark.optimizer)
        let start = MonotonicClock.seconds
        let checkpoint = try Checkpoint(directory: path)
        var parameters = model.parameters.vector.buffer.mutableSpan
        var first = optimizer.firstMoment.vector.buffer.mutableSpan
        var second = optimizer.secondMoment.vector.buffer.mutableSpan
        try checkpoint.readParameters(model.layout, into: &parameters)
        try checkpoint.readMoments(
            [0..<model.layout.count], of: model.layout, into: &first, &second)
        sample.restored = try world.allReduce(MonotonicClock.seconds - start, .maximum)
    }

    /// Writes a file as `dd bs=4M conv=fsync` does.
    private func plainFile(_ bytes: Int) throws -> Double {
        let path = Paths.join(directory, "plain")
        defer { try? Paths.remove(path) }
        // Numbers as in checkpoints, because some disks compress zeros away.
        let source = UnsafeRawBufferPointer(benchmark.optimizer.firstMoment.vector.buffer)
        let piece = min(4 << 20, source.count)
        return try seconds {
            let file = try SequentialFile.create(path)
            var offset = 0
            for start in stride(from: 0, to: bytes, by: piece) {
                if offset + piece > source.count { offset = 0 }
                let count = min(piece, bytes - start)
                try file.write(UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
                offset += piece
            }
            try file.close()
        }
    }
}

/// Result of `checkpoint`: medians over the trials.
struct CheckpointResult: Encodable {
    let preset: String
    let ranks: Int
    let bytes: Int
    let trials: Int
    let intervalSeconds: Double
    let stalledSeconds: Double
    /// Fraction of the checkpoint interval.
    let stalledShare: Double
    let slowdownSeconds: Double
    /// Stalls and slower steps together, as a fraction of the interval.
    let costShare: Double
    let writtenSeconds: Double
    let writtenGigabytesPerSecond: Double
    let diskSeconds: Double
    let diskGigabytesPerSecond: Double
    let verifiedSeconds: Double
    let restoredSeconds: Double
    let restoredGigabytesPerSecond: Double

    init(preset: String, ranks: Int, interval: Double, _ samples: [CheckpointBenchmark.Sample]) {
        func middle(_ value: KeyPath<CheckpointBenchmark.Sample, Double>) -> Double {
            median(samples.map { $0[keyPath: value] })
        }
        self.preset = preset
        self.ranks = ranks
        bytes = samples[0].bytes
        trials = samples.count
        intervalSeconds = interval
        stalledSeconds = middle(\.stalled)
        stalledShare = stalledSeconds / interval
        slowdownSeconds = middle(\.slowdown)
        costShare = (stalledSeconds + slowdownSeconds) / interval
        writtenSeconds = middle(\.written)
        diskSeconds = middle(\.disk)
        verifiedSeconds = middle(\.verified)
        restoredSeconds = middle(\.restored)
        let gigabytes = Double(bytes) / 1e9
        writtenGigabytesPerSecond = gigabytes / writtenSeconds
        diskGigabytesPerSecond = gigabytes / diskSeconds
        restoredGigabytesPerSecond = gigabytes / restoredSeconds
    }

    func printTable() {
        func seconds(_ value: Double) -> String { HumanFormat.fixed(value, decimals: 2) }
        func rate(_ value: Double) -> String { HumanFormat.fixed(value, decimals: 2) + " GB/s" }
        let each = "every \(HumanFormat.fixed(intervalSeconds, decimals: 0)) s"
        func share(_ value: Double) -> String {
            HumanFormat.fixed(value * 100, decimals: 2) + "% " + each
        }
        Output.table(
            ["\(preset), \(ranks) rank(s), \(HumanFormat.bytes(bytes))", "seconds", ""],
            [
                ["training stood still", seconds(stalledSeconds), share(stalledShare)],
                ["steps were slower by", seconds(slowdownSeconds), ""],
                ["both", seconds(stalledSeconds + slowdownSeconds), share(costShare)],
                [
                    "written, synced, hashed, published", seconds(writtenSeconds),
                    rate(writtenGigabytesPerSecond),
                ],
                [
                    "the disk: a plain file, synced", seconds(diskSeconds),
                    rate(diskGigabytesPerSecond),
                ],
                ["verified (page cache)", seconds(verifiedSeconds), ""],
                [
                    "read back (page cache)", seconds(restoredSeconds),
                    rate(restoredGigabytesPerSecond),
                ],
            ])
    }
}

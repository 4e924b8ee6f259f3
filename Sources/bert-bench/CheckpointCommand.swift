import ArgumentParser
import BERT
import Checkpointing
import DurableFiles
import ExitCoding
import Glibc
import Kernels
import MPI
import Reporting
import Runtime
import Tensors

/// `bert-bench checkpoint`, also under mpirun: the cost of a background checkpoint to training.
///
/// Training steps run as in a run, while a checkpoint is written in the background by the code that
/// `bert-train` uses. The checkpoint is verified before anything is printed.
struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Time checkpoints written during training; also under mpirun.")

    @Option(help: "The model: \(ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset = ModelPreset.base
    @Option(help: "Where to write: a new directory is made there, and deleted.")
    var directory = "."
    @Option(help: "Sequences of a micro-batch, one a step.")
    var micro = 4
    @Option(help: "Tokens of a sequence; all are full.")
    var sequenceLength = 128
    @Option(help: "Threads of each rank (default: as bert-train chooses).")
    var threads: Int?
    @Option(help: "Checkpoints that are timed.")
    var trials = 3
    @Option(help: "Seconds from one checkpoint to the next, for the share of the time.")
    var interval = 300.0
    @Flag(help: "Print nothing but one JSON object.")
    var json = false

    func validate() throws {
        try Limits.check(micro: micro, sequenceLength: sequenceLength)
        if let threads { try Limits.check(threads: threads) }
        guard (1...1000).contains(trials) else {
            throw ValidationError("--trials must lie between 1 and 1000")
        }
        guard interval > 0, interval.isFinite else {
            throw ValidationError("--interval must be above 0")
        }
    }

    func run() throws {
        let environment = try MPIEnvironment()
        let world = environment.world
        do {
            try measure(world)
        } catch {
            // Rank 0 goes first and ends the others, so that a common cause is reported once.
            if world.rank > 0 { usleep(300_000) }
            Output.note("rank \(world.rank): \(error)")
            MPIEnvironment.abort(code: ExitStatus.of(error))
        }
    }

    private func measure(_ world: Communicator) throws {
        let threads = try threads ?? ThreadPlan.threads(.auto, communicator: world)
        let shape = StepShape(preset: preset, micro: micro, sequenceLength: sequenceLength)
        let place = Paths.join(directory, "bert-bench-checkpoint-\(getppid())-\(world.size)")
        let benchmark = try CheckpointBenchmark(
            StepBenchmark(
                shape, precision: .fp32, accumulation: 1,
                executor: KernelExecutor(threads: threads)),
            in: place, world)
        defer { if world.rank == 0 { try? Paths.remove(place) } }
        let samples = try (1...trials).map { try benchmark.trial($0) }
        guard world.rank == 0 else { return }
        let result = CheckpointResult(
            preset: preset.rawValue, ranks: world.size, interval: interval, samples)
        if json { try Output.json(result) } else { result.printTable() }
    }
}

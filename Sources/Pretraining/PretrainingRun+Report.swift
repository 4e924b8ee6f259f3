import BERT
import Checkpointing
import Distributed
import ExitCoding
import Kernels
import MPI
import Models
import Optimization
import Reporting
import Runtime
import Tensors
import TrainingStep

extension PretrainingRun {
    /// Opens the logs and prints the banner, on the coordinator.
    func openReporter() throws {
        let peak = try measurePeak()
        try agreement.throwingTogether {
            guard isCoordinator else { return }
            reporter = try RunReporter(
                self, peak: peak, resumedFrom: resumedFrom, notices: notices)
        }
    }

    /// Operations per second of all ranks together. Collective.
    private func measurePeak() throws -> Double {
        let node = try communicator.splitByNode()
        let own = RankResources.own(jobSize: communicator.size)
        // All at once, as in training, because ranks that share cores share their peak.
        try communicator.barrier()
        let peak = model.executor.peakOperationsPerSecond(model.precision)
        let resources = try node.allGather(bytes: Array(own.text.utf8))
        let measured = try node.allGather([peak, Double(model.executor.team.count)])
        let ranks = resources.enumerated().map { index, bytes in
            NodePeak.Rank(
                peak: measured[2 * index], threads: Int(measured[2 * index + 1]),
                resources: RankResources(text: String(decoding: bytes, as: UTF8.self)))
        }
        return try agreement.sum([node.rank == 0 ? NodePeak.total(ranks) : 0])[0]
    }

    /// Lines for the start of the log; `peak` is that of all ranks' matrix products.
    func banner(peak: Double) -> [(String, String)] {
        let configuration = options.configuration
        let phase = phases[min(state.phase, phases.count - 1)]
        let batch = phase.configuration.batch
        let ranks = communicator.size
        return [
            ("run", "\(configuration.run.name) in \(options.directory)"),
            (
                "ranks",
                "\(ranks) x \(counted(threads, "thread")), "
                    + "\(model.executor.instructionSet)"
                    + (threadPlan.processors == nil ? "" : ", each pinned to its processors")
            ),
            (
                "products",
                "\(model.executor.products(model.precision)); at most "
                    + "\(HumanFormat.operations(peak)) over all ranks"
            ),
            ("model", model.configuration.summary(parameters: model.layout.count)),
            (
                "batch",
                "\(counted(batch.global, "sequence")) a step over all ranks = up to "
                    + "\(batch.share(rank: 0, ranks: ranks)) a rank in "
                    + counted(
                        batch.accumulation(ranks: ranks), "micro-batch", "micro-batches")
                    + " of up to \(phase.micro)"
            ),
            (
                "steps",
                "\(configuration.totalSteps)"
                    + (phases.count > 1 ? " in \(phases.count) phases" : "")
                    + ", \(optimizer.settings.name.rawValue), learning rate "
                    + "\(HumanFormat.scientific(phase.configuration.optimizer.learningRate)), warm-up "
                    + "\(phase.configuration.schedule.warmupSteps)"
            ),
            ("data", phase.data.summary),
            ("memory", "about \(HumanFormat.bytes(memoryForecast)) a rank\(copyNote)"),
        ]
    }

    /// The coordinator's copy is the largest because it contains all parameters.
    private var copyNote: String {
        keeper.memoryBytes == 0
            ? "" : ", \(HumanFormat.bytes(keeper.memoryBytes)) of it for checkpoints on rank 0"
    }

    /// Estimated maximum memory of this rank in bytes: memory in use before the model was made
    /// (programs, libraries, vocabulary), model and activations, moments, the ring's windows, and
    /// the copy for writing checkpoints.
    var memoryForecast: Int {
        let moments = 2 * optimizer.firstMoment.count * MemoryLayout<Float>.stride
        return residentBefore + model.memoryBytes + moments
            + (trainer.replica.reducer?.memoryBytes ?? 0)
            + keeper.memoryBytes
    }
}

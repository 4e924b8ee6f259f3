import BERT
import Configuration
import Distributed
import Kernels
import MPI
import Optimization
import Tensors

/// The parts of a run, in the order in which they are made.
extension PretrainingRun {
    /// Opens data and model, and compares them over all ranks. Collective.
    static func openParts(
        _ configuration: RunConfiguration, _ origin: ModelOrigin, _ communicator: Communicator
    ) throws -> RunParts {
        let agreement = Agreement(among: communicator)
        let parts = try agreement.jointly {
            try RunParts(configuration, origin: origin, ranks: communicator.size)
        }
        let inputs = try agreement.jointly {
            var inputs = SharedInputs()
            try inputs.add(parts.setup)
            inputs.add(parts.phases)
            return inputs
        }
        try inputs.requireEqual(among: communicator)
        return parts
    }

    /// Takes the memory of the model.
    static func makeModel(
        _ configuration: RunConfiguration, _ setup: ModelSetup, _ capacity: BatchCapacity,
        _ threadPlan: ThreadPlan
    ) -> BERTForPreTraining {
        BERTForPreTraining(
            setup.configuration, for: .training, capacity: capacity,
            executor: KernelExecutor(
                threads: threadPlan.threads, processors: threadPlan.processors),
            precision: Precision(configuration.precision.compute),
            recomputes: configuration.parallel.recompute)
    }

    /// Takes the memory of the optimizer and the ring. Collective.
    static func makeTrainer(
        _ configuration: RunConfiguration, _ model: BERTForPreTraining,
        _ communicator: Communicator, _ stopPoll: StopPoll, _ injection: OverflowInjection?
    ) throws -> Trainer {
        let parallel = configuration.parallel
        return try Trainer(
            model: model, optimizer: OptimizerSettings(configuration.optimizer),
            communicator: communicator, seed: configuration.run.seed, stopPoll: stopPoll,
            bucketMegabytes: parallel.bucketMegabytes, overlaps: parallel.overlap,
            wire: parallel.wire == .bf16 ? .bfloat16 : .float32,
            shardsOptimizer: parallel.shardOptimizer && communicator.size > 1,
            injection: injection)
    }

    /// The configuration with every key resolved, the sizes of the model among them.
    static func resolved(
        _ configuration: RunConfiguration, _ setup: ModelSetup
    ) -> RunConfiguration {
        var resolved = configuration.resolved()
        var architecture = configuration.model.architecture
        architecture.fill(from: setup.configuration)
        resolved.model.fill(from: architecture)
        return resolved
    }
}

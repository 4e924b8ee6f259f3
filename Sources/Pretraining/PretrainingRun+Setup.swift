import BERT
import Distributed
import Kernels
import MPI
import Optimization
import Runtime
import Tensors
import TrainingStep

/// Parts of a run, in order of creation.
extension PretrainingRun {
    /// Opens data and model, and compares them over all ranks. Collective.
    static func openParts(
        _ configuration: RunConfiguration, _ origin: ModelOrigin, _ communicator: Communicator
    ) throws -> RunParts {
        let agreement = Agreement(among: communicator)
        let parts = try agreement.throwingTogether {
            try Watchdog.working(on: "opening the data") {
                try RunParts(configuration, origin: origin, ranks: communicator.size)
            }
        }
        let inputs = try agreement.throwingTogether {
            var inputs = SharedInputs()
            try inputs.add(parts.setup)
            inputs.add(parts.phases)
            return inputs
        }
        try inputs.requireEqual(among: communicator)
        return parts
    }

    /// Allocates the model.
    static func makeModel(
        _ configuration: RunConfiguration, _ setup: ModelSetup, _ capacity: BatchCapacity,
        _ threadPlan: ThreadPlan
    ) -> BERTForPreTraining {
        BERTForPreTraining(
            setup.configuration, for: .training, capacity: capacity,
            executor: KernelExecutor(
                threads: threadPlan.threads, processors: threadPlan.processors),
            precision: configuration.precision.compute,
            recomputes: configuration.parallel.recompute)
    }

    /// Allocates the optimizer and the ring. Collective.
    static func makeTrainer(
        _ configuration: RunConfiguration, _ model: BERTForPreTraining,
        _ communicator: Communicator, _ stopPoll: StopPoll, _ injection: OverflowInjection?
    ) throws -> Trainer {
        let parallel = configuration.parallel
        return try Trainer(
            model: model, optimizer: configuration.optimizer,
            scaling: configuration.precision.scalerPolicy, communicator: communicator,
            seed: configuration.run.seed, stopPoll: stopPoll,
            reduction: GradientReduction(
                bucketMegabytes: parallel.bucketMegabytes, overlaps: parallel.overlap,
                wire: parallel.wire,
                shardsOptimizer: parallel.shardOptimizer && communicator.size > 1),
            injection: injection)
    }

    /// The configuration with every key resolved, including the sizes of the model.
    static func resolved(
        _ configuration: RunConfiguration, _ setup: ModelSetup
    ) -> RunConfiguration {
        var resolved = configuration.resolved()
        resolved.model.fill(from: setup.configuration)
        resolved.model.vocabularySize = setup.configuration.vocabularySize
        return resolved
    }
}

import BERT
import Optimization
import Runtime
import Tensors
import TrainingStep

/// Checks that run before any memory is allocated.
extension PretrainingRun {
    /// Throws if the model and batches cannot fit into memory.
    static func check(
        _ memory: MemoryShare, _ configuration: RunConfiguration, _ setup: ModelSetup,
        _ capacity: BatchCapacity, threads: Int, ranks: Int
    ) throws {
        try memory.check(
            memoryNeeded(configuration, setup, capacity, threads: threads, ranks: ranks),
            of: "the model with \(capacity)",
            advice:
                "lower batch.micro, set parallel.recompute or parallel.shard_optimizer, or start "
                + "fewer ranks with more threads each")
    }

    /// Minimum memory of a rank in bytes: parameters, gradients, moments and activations.
    static func memoryNeeded(
        _ configuration: RunConfiguration, _ setup: ModelSetup, _ capacity: BatchCapacity,
        threads: Int, ranks: Int
    ) -> Int {
        let parallel = configuration.parallel
        let moments = ModelMemory.moments(shards: parallel.shardOptimizer ? ranks : 1)
        let layout = ParameterLayout.pretraining(setup.configuration)
        return moments.bytes(parameterCount: layout.count)
            + BERTForPreTraining.memoryBytes(
                setup.configuration, for: .training, capacity: capacity, threads: threads,
                precision: configuration.precision.compute,
                recomputes: parallel.recompute)
    }

    /// Throws for settings that this version does not implement.
    static func checkAvailable(_ configuration: RunConfiguration) throws {
        for phase in configuration.resolvedPhases {
            var optimizer = phase.optimizer
            optimizer.learningRate = configuration.optimizer.learningRate
            guard optimizer == configuration.optimizer,
                phase.precision == configuration.precision,
                phase.checkpoint == configuration.checkpoint,
                phase.parallel == configuration.parallel
            else {
                throw PretrainingError.configuration(
                    "a phase may change data, masking, batch, schedule, evaluation and "
                        + "optimizer.learning_rate; the other keys of optimizer, precision, "
                        + "checkpoint and parallel hold for the whole run: set them outside "
                        + "`phases`")
            }
        }
    }
}

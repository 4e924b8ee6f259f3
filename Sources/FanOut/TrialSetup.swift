import BERT
import Checkpointing
import FineTuning
import Kernels
import MPI
import Optimization
import Runtime
import Tensors

/// Everything needed for one trial: task, model, settings and ranks.
struct TrialSetup {
    let trial: Trial
    let configuration: FineTuningConfiguration
    /// Identifier of everything that determines the trial.
    let settings: String
    let start: StartingModel
    let data: TaskData
    let directory: TrialDirectory
    /// Ranks that run it.
    let group: Communicator
    let executor: KernelExecutor
    /// Memory available to this rank.
    let memory: MemoryShare

    var task: TaskDefinition { configuration.tasks[trial.task] }
    var seed: UInt64 { UInt64(trial.seed) }
    var batchSize: Int { configuration.batchSize(of: task) }
    var sequenceLength: Int { configuration.sequenceLength(of: task) }

    /// Makes the model with the task's head; its parameters are still 0.
    ///
    /// - Throws: if it does not fit into the machine's memory.
    func makeModel(_ train: TaskInputs, _ evaluate: TaskInputs) throws -> BERTForFineTuning {
        let needed = TrialMemory(
            start: start, head: task.kind.head(labels: data.labels.count),
            inputs: configuration.inputsAtOnce(train, evaluate),
            sequenceLength: sequenceLength, precision: configuration.precision,
            threads: executor.team.count)
        try needed.check(task.name, memory)
        return BERTForFineTuning(
            start.configuration, head: needed.head, for: .training, capacity: needed.capacity,
            executor: executor, headDropout: configuration.headDropout ?? start.headDropout,
            precision: configuration.precision)
    }

    /// AdamW with bias correction: without it the first steps are far too long where there are few
    /// (Mosbach et al., 2021, "On the Stability of Fine-tuning BERT").
    var optimizer: OptimizerSettings {
        OptimizerSettings(
            learningRate: trial.learningRate, weightDecay: configuration.weightDecay,
            biasCorrection: true, clipNorm: configuration.clipNorm)
    }

    /// The rate reaches 0 after the last update, not at it, so that a trial of one batch learns
    /// something.
    func makeSchedule(batches: Int) -> LearningRateSchedule {
        LearningRateSchedule(
            warmupSteps: Int((configuration.warmup * Double(batches)).rounded()),
            totalSteps: batches + 1)
    }

    var scalerPolicy: LossScaler.Policy { .default(for: configuration.precision) }

    /// Schedule of the trial's batches.
    func plan(examples: Int) -> BatchPlan {
        BatchPlan(task, of: configuration, examples: examples, epochs: trial.epochs)
    }
}

import BERT
import Checkpointing
import FineTuning
import Kernels
import MPI
import Optimization
import Runtime
import Tensors

/// One trial: what is learned, from what, how, and by whom.
struct TrialSetup {
    let trial: Trial
    let configuration: FineTuningConfiguration
    /// Names everything that decides the trial.
    let settings: String
    let start: StartingModel
    let data: TaskData
    let directory: TrialDirectory
    /// The ranks that work on it.
    let group: Communicator
    let executor: KernelExecutor
    /// What this rank may take.
    let memory: MemoryShare

    var task: TaskDefinition { configuration.tasks[trial.task] }
    var seed: UInt64 { UInt64(trial.seed) }
    var batchSize: Int { task.batchSize ?? configuration.batchSize }
    var sequenceLength: Int { task.sequenceLength ?? configuration.sequenceLength }

    /// The model with the head of the task, its parameters still 0.
    ///
    /// - Throws: where the machine's memory cannot hold it.
    func makeModel(_ train: TaskInputs, _ evaluate: TaskInputs) throws -> BERTForFineTuning {
        // No more than there are: memory is cleared before it is used.
        let most = max(train.examples.inputCount, evaluate.examples.inputCount)
        let inputs = max(
            min(configuration.microBatchSize, most), train.largest, evaluate.largest)
        let needed = TrialMemory(
            start: start, head: task.kind.head(labels: data.labels.count), inputs: inputs,
            sequenceLength: sequenceLength, precision: configuration.precision,
            threads: executor.team.count)
        try needed.check(task.name, memory)
        return BERTForFineTuning(
            start.configuration, head: needed.head, for: .training, capacity: needed.capacity,
            executor: executor, headDropout: configuration.headDropout ?? start.headDropout,
            precision: configuration.precision)
    }

    func makeOptimizer(_ layout: ParameterLayout) -> Optimizer {
        // Bias correction: without it the first steps are far too long where there are few
        // (Mosbach et al., 2021, "On the Stability of Fine-tuning BERT").
        Optimizer(
            settings: OptimizerSettings(
                learningRate: trial.learningRate, weightDecay: configuration.weightDecay,
                biasCorrection: true,
                clipNorm: configuration.clipNorm), layout: layout, executor: executor)
    }

    /// The rate falls to 0 behind the last update, not at it: a trial of one batch learns something.
    func makeSchedule(batches: Int) -> LearningRateSchedule {
        LearningRateSchedule(
            warmupSteps: Int((configuration.warmup * Double(batches)).rounded()),
            totalSteps: batches + 1)
    }

    var scalerPolicy: LossScaler.Policy {
        .default(for: configuration.precision)
    }

    /// Batches of an epoch, and all batches after which the evaluation data is scored.
    func plan(examples: Int) -> (perEpoch: Int, evaluations: [Int]) {
        let perEpoch = (examples + batchSize - 1) / batchSize
        let times = configuration.earlyStopping.evaluationsPerEpoch
        let ends = (0..<trial.epochs * times).map { index in
            (perEpoch * (index + 1) + times - 1) / times
        }
        return (perEpoch, Array(Set(ends)).sorted())
    }
}

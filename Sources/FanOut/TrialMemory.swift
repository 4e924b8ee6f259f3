import BERT
import FineTuning
import Runtime
import Tensors
import TrainingStep

/// Memory of a trial's model.
struct TrialMemory {
    let start: StartingModel
    let head: TaskHead
    /// Maximum number of inputs computed at once.
    let inputs: Int
    let sequenceLength: Int
    let precision: Precision
    let threads: Int

    var capacity: BatchCapacity {
        BatchCapacity(sequences: inputs, sequenceLength: sequenceLength, maskedPerSequence: 0)
    }

    /// Throws if it does not fit into `memory`, before anything is allocated, because a failed
    /// allocation would end the job.
    ///
    /// - Returns: its size in bytes.
    @discardableResult
    func check(_ task: String, _ memory: MemoryShare) throws -> Int {
        // Plus two moments and the best weights. Checked first, so that no later product overflows.
        let layout = ParameterLayout.fineTuning(start.configuration, head)
        try ModelMemory.fineTuning.check(layout)
        let needed =
            3 * layout.count * MemoryLayout<Float>.stride
            + BERTForFineTuning.trainingBytes(
                start.configuration, head: head, capacity: capacity, threads: threads,
                precision: precision)
        try memory.check(
            needed, of: "task \(task) with \(inputs) inputs of \(sequenceLength) tokens at once",
            advice:
                "lower micro_batch_size or sequence_length, offer fewer choices, or start fewer "
                + "ranks")
        return needed
    }
}

extension TrialMemory {
    /// Memory of trials of `task` as far as it is known before the data is read, assuming at least
    /// one full micro-batch.
    init(
        _ task: TaskDefinition, of configuration: FineTuningConfiguration,
        from start: StartingModel, threads: Int
    ) {
        self.init(
            start: start, head: task.kind.head(labels: max(task.labels.count, 2)),
            inputs: configuration.microBatchSize,
            sequenceLength: configuration.sequenceLength(of: task),
            precision: configuration.precision, threads: threads)
    }
}

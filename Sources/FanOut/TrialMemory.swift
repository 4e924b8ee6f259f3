import BERT
import FineTuning
import Runtime
import Tensors
import Training

/// The memory that a trial's model takes.
struct TrialMemory {
    let start: StartingModel
    let head: TaskHead
    /// The most inputs that are computed at once.
    let inputs: Int
    let sequenceLength: Int
    let precision: Precision
    let threads: Int

    var capacity: BatchCapacity {
        BatchCapacity(sequences: inputs, sequenceLength: sequenceLength, maskedPerSequence: 0)
    }

    /// Throws where `memory` cannot hold it, before anything is allocated: a failed allocation would
    /// end the job.
    ///
    /// - Returns: the bytes that it takes.
    @discardableResult
    func check(_ task: String, _ memory: MemoryShare) throws -> Int {
        // Two moments and the best weights besides. Checked first: no later product is too large.
        let layout = ParameterLayout.fineTuning(start.configuration, head)
        try ModelSetup.checkMemory(layout, .fineTuning)
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
    /// The memory of trials of `task` as far as it is known before the data are read, as if there
    /// were enough for a whole micro-batch.
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

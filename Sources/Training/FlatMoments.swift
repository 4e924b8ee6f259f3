import Distributed
import MPI
import Optimization
import Tensors

/// The moments that a rank writes into a checkpoint: one range of the flat blocks, whoever owns its
/// elements in training. So a checkpoint does not tell whether the optimizer was sharded.
package final class FlatMoments {
    /// The rule that they belong to.
    let optimizer: OptimizerSettings.Name
    /// The range.
    let range: Range<Int>
    /// The first moments of the range.
    let first: UnsafeBufferPointer<Float>
    /// The second moments of the range.
    let second: UnsafeBufferPointer<Float>
    /// Keeps what was brought together.
    private let blocks: [Block<Float>]

    /// Views of part `part` of `parts` of the moments of an optimizer that is not sharded.
    package init(of optimizer: Optimizer, part: Int, of parts: Int) {
        self.optimizer = optimizer.settings.name
        range = Partition(count: optimizer.layout.count, parts: parts)[part]
        first = UnsafeBufferPointer(optimizer.firstMoment[range].buffer)
        second = UnsafeBufferPointer(optimizer.secondMoment[range].buffer)
        blocks = []
    }

    /// Views of this rank's part of the optimizer's own moments; of a sharded optimizer's, copies
    /// that the ranks bring together. Views hold until the next step. Collective.
    convenience init(of trainer: Trainer, _ communicator: Communicator) throws(MPIError) {
        guard trainer.optimizer.isSharded else {
            self.init(of: trainer.optimizer, part: communicator.rank, of: communicator.size)
            return
        }
        try self.init(gathering: trainer, communicator)
    }

    private init(gathering trainer: Trainer, _ communicator: Communicator) throws(MPIError) {
        let optimizer = trainer.optimizer
        let range = Partition(
            count: optimizer.layout.count, parts: communicator.size)[communicator.rank]
        var blocks: [Block<Float>] = []
        for moment in [optimizer.firstMoment, optimizer.secondMoment] {
            let flat = Block<Float>(count: range.count)
            let owned = UnsafeBufferPointer(moment.vector.buffer)
            try trainer.reducer.forEachBucket(gathering: owned) { bucket, elements in
                let part = bucket.clamped(to: range)
                for index in part {
                    flat.vector.base[index - range.lowerBound] =
                        elements[index - bucket.lowerBound]
                }
            }
            blocks.append(flat)
        }
        self.optimizer = optimizer.settings.name
        self.range = range
        self.blocks = blocks
        first = UnsafeBufferPointer(blocks[0].vector.buffer)
        second = UnsafeBufferPointer(blocks[1].vector.buffer)
    }
}

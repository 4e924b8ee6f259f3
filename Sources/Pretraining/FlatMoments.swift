import BERT
import Distributed
import MPI
package import Optimization
import Tensors
import TrainingStep

/// The moments that a rank writes into a checkpoint: one range of the flat blocks, whichever rank
/// owns its elements in training. Checkpoints are therefore independent of optimizer sharding.
package struct FlatMoments {
    /// Optimizer that they belong to.
    let optimizer: OptimizerSettings.Name
    /// The range.
    let range: Range<Int>
    /// First moments of the range.
    let first: UnsafeBufferPointer<Float>
    /// Second moments of the range.
    let second: UnsafeBufferPointer<Float>
    /// Owns what did not fit into the gradients' memory.
    private let block: Block<Float>?

    /// Views of part `part` of `parts` of the moments of an optimizer that is not sharded.
    package init(of optimizer: Optimizer, part: Int, of parts: Int) {
        self.optimizer = optimizer.settings.name
        range = Partition(count: optimizer.layout.count, parts: parts)[part]
        first = UnsafeBufferPointer(optimizer.firstMoment[range].buffer)
        second = UnsafeBufferPointer(optimizer.secondMoment[range].buffer)
        block = nil
    }

    private init(
        of optimizer: Optimizer, _ range: Range<Int>, _ first: Vector<Float>,
        _ second: Vector<Float>, keeping block: Block<Float>?
    ) {
        self.optimizer = optimizer.settings.name
        self.range = range
        self.first = UnsafeBufferPointer(first.buffer)
        self.second = UnsafeBufferPointer(second.buffer)
        self.block = block
    }

    /// Views of this rank's part of the optimizer's own moments. With a sharded optimizer, copies
    /// that the ranks gather in the memory of the gradients, which is unused between two steps.
    /// Valid until the next step. Collective.
    init(of trainer: Trainer, _ communicator: Communicator) throws(MPIError) {
        let optimizer = trainer.optimizer
        let (ranks, rank) = (communicator.size, communicator.rank)
        guard optimizer.isSharded else {
            self.init(of: optimizer, part: rank, of: ranks)
            return
        }
        let total = optimizer.layout.count
        let range = Partition(count: total, parts: ranks)[rank]
        let gradients = trainer.model.gradients
        // With two ranks and an odd number of parameters, the larger half does not fit in twice.
        let block = 2 * range.count > total ? Block<Float>(count: range.count) : nil
        let first = gradients[0..<range.count]
        let second = block?.vector ?? gradients[total - range.count..<total]
        try Self.gather(optimizer.firstMoment, of: trainer, range, into: first)
        try Self.gather(optimizer.secondMoment, of: trainer, range, into: second)
        self.init(of: optimizer, range, first, second, keeping: block)
    }

    private static func gather(
        _ moment: Block<Float>, of trainer: Trainer, _ range: Range<Int>,
        into target: Vector<Float>
    ) throws(MPIError) {
        let owned = UnsafeBufferPointer(moment.vector.buffer)
        try trainer.replica.reducer?.forEachBucket(gathering: owned) { bucket, elements in
            for index in bucket.clamped(to: range) {
                target.base[index - range.lowerBound] = elements[index - bucket.lowerBound]
            }
        }
    }
}

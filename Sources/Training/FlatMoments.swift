import BERT
import Distributed
import MPI
package import Optimization
import Tensors

/// The moments that a rank writes into a checkpoint: one range of the flat blocks, whoever owns its
/// elements in training. So a checkpoint does not tell whether the optimizer was sharded.
package struct FlatMoments {
    /// The rule that they belong to.
    let optimizer: OptimizerSettings.Name
    /// The range.
    let range: Range<Int>
    /// The first moments of the range.
    let first: UnsafeBufferPointer<Float>
    /// The second moments of the range.
    let second: UnsafeBufferPointer<Float>
    /// Keeps what did not fit the gradients' memory.
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

    /// Views of this rank's part of the optimizer's own moments; of a sharded optimizer's, copies
    /// that the ranks bring together in the memory of the gradients, which hold nothing of use
    /// between two steps. They hold until the next step. Collective.
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
        // Two ranks with an odd number of parameters: the larger half does not fit in twice.
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
        try trainer.reducer.forEachBucket(gathering: owned) { bucket, elements in
            for index in bucket.clamped(to: range) {
                target.base[index - range.lowerBound] = elements[index - bucket.lowerBound]
            }
        }
    }
}

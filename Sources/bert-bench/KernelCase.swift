import Kernels
import Tensors

/// One kernel with operands of its own, to be run by any executor.
struct KernelCase {
    let name: String
    /// What it works on, for people.
    let size: String
    /// Bytes that it cannot but read and write, were there no cache: each input and output once.
    let bytes: Double
    /// How often a training step of the model needs it; 0 where the step measured does not.
    let calls: Double
    /// Memory that it writes, with the values that it starts from.
    let outputs: [ResettableBlock]
    let run: (KernelExecutor) -> Void

    /// Gives the outputs their first values again, as in-place kernels need.
    func reset() {
        for output in outputs { output.reset() }
    }

    /// The largest difference between what the two compute, relative to each output's largest
    /// value.
    func difference(_ executor: KernelExecutor, _ reference: KernelExecutor) -> Double {
        reset()
        run(reference)
        let expected = outputs.map { Array($0.vector.buffer) }
        reset()
        run(executor)
        return zip(outputs, expected).map { relativeDifference($0.vector, $1) }.max() ?? 0
    }
}

/// Memory of random values that can be had back after they were overwritten.
struct ResettableBlock {
    private let block: Block<Float>
    private let original: Block<Float>

    /// `count` values in -1..<1, or in 1..<3 if `lifted`.
    init(_ count: Int, sample: Int, lifted: Bool = false) {
        original = SyntheticBlock.make(count, sample: sample)
        if lifted { for index in 0..<count { original.vector[index] += 2 } }
        block = Block(count: count)
        reset()
    }

    var vector: Vector<Float> { block.vector }

    func matrix(_ columns: Int) -> Matrix<Float> {
        vector.matrix(rows: vector.count / columns, columns: columns)
    }

    func reset() { vector.copy(from: original.vector) }
}

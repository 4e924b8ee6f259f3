import Kernels
import Tensors

/// One kernel with operands of its own, to be run by any executor.
struct KernelCase {
    let name: String
    /// What it works on, for people.
    let size: String
    /// Bytes that it cannot but read and write, were there no cache: each input and output once.
    let bytes: Double
    /// Floating-point operations of the products in it; 0 where it has none.
    var operations = 0.0
    /// How often a training step of the model needs it; 0 where the step measured does not.
    let calls: Double
    /// Memory that it writes, with the values that it starts from.
    let outputs: [ResettableBlock]
    /// Bytes that it writes, if any: all of them must be equal.
    var marks = Block<UInt8>(count: 0)
    let run: (KernelExecutor) -> Void

    /// Gives the outputs their first values again, as in-place kernels need.
    func reset() {
        for output in outputs { output.reset() }
        marks.vector.fill(.max)
    }

    /// The largest difference between what the two compute, relative to each output's largest
    /// value; infinite where their marks differ.
    func difference(_ executor: KernelExecutor, _ reference: KernelExecutor) -> Double {
        reset()
        run(reference)
        let expected = outputs.map { Array($0.vector.buffer) }
        let expectedMarks = Array(marks.vector.buffer)
        reset()
        run(executor)
        guard expectedMarks.elementsEqual(marks.vector.buffer) else { return .infinity }
        return zip(outputs, expected).map { relativeDifference($0.vector, $1) }.max() ?? 0
    }
}

/// Memory of random values that can be had back after they were overwritten.
struct ResettableBlock {
    private let block: Block<Float>
    private let original: Block<Float>

    /// `count` values, uniform from `offset` - `scale` to `offset` + `scale`.
    init(_ count: Int, sample: Int, scale: Float = 1, offset: Float = 0) {
        original = SyntheticBlock.make(count, sample: sample)
        let values = original.vector.buffer
        for index in values.indices { values[index] = values[index] * scale + offset }
        block = Block(count: count)
        reset()
    }

    var vector: Vector<Float> { block.vector }

    func matrix(_ columns: Int) -> Matrix<Float> {
        vector.matrix(rows: vector.count / columns, columns: columns)
    }

    func reset() { vector.copy(from: original.vector) }
}

import Kernels
import Tensors

/// One kernel with its operands, to be run by any executor.
struct KernelCase {
    let name: String
    /// Description of its operands, for people.
    let size: String
    /// Minimum memory traffic in bytes without any cache: each input and output once.
    let bytes: Double
    /// Floating-point operations of its matrix products; 0 if it has none.
    var operations = 0.0
    /// Number of calls in a training step of the model; 0 if the measured step does not use it.
    let calls: Double
    /// Memory that it writes, with its initial values.
    let outputs: [ResettableBlock]
    /// Bytes that it writes, if any; all must be equal.
    var marks = Block<UInt8>(count: 0)
    let run: (KernelExecutor) -> Void

    /// Restores the outputs' initial values, as in-place kernels require.
    func reset() {
        for output in outputs { output.reset() }
        marks.vector.fill(.max)
    }

    /// Largest difference between the results of the two executors, relative to each output's
    /// largest value; infinite if their marks differ.
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

/// Random values that can be restored after they were overwritten.
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

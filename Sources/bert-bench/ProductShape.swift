import BERT
import Kernels
import Tensors

/// A matrix product: C [rows, columns] = A [rows, depth] x B [depth, columns].
struct ProductShape {
    let name: String
    let rows: Int
    let columns: Int
    let depth: Int
    /// Whether A and B are stored transposed.
    var transposes = (left: false, right: false)
    var hasBias = false

    /// Number of multiplications and additions.
    var operations: Double { 2 * Double(rows) * Double(columns) * Double(depth) }

    /// `rows x columns x depth`, with BLAS's letters for transposed factors.
    var text: String {
        let letters = (transposes.left ? "t" : "n") + (transposes.right ? "t" : "n")
        return "\(rows)x\(columns)x\(depth):\(letters)"
    }

    /// Parses `text`; the letters may be missing. Nil if it is not a shape.
    init?(_ text: Substring) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let sizes = parts[0].split(separator: "x", omittingEmptySubsequences: false)
            .compactMap { Int($0) }.filter { (1...100_000).contains($0) }
        let letters = parts.count == 2 ? Array(parts[1]) : ["n", "n"]
        guard parts.count <= 2, sizes.count == 3, letters.count == 2,
            letters.allSatisfy({ $0 == "n" || $0 == "t" })
        else { return nil }
        (name, rows, columns, depth) = (String(text), sizes[0], sizes[1], sizes[2])
        transposes = (letters[0] == "t", letters[1] == "t")
    }

    private init(
        _ name: String, _ rows: Int, _ columns: Int, _ depth: Int,
        left: Bool = false, right: Bool = false, bias: Bool = false
    ) {
        (self.name, self.rows, self.columns, self.depth) = (name, rows, columns, depth)
        transposes = (left, right)
        hasBias = bias
    }

    /// Three products of a dense layer: forward, gradient of the weight, gradient of the input.
    private static func dense(
        _ name: String, rows: Int, from input: Int, to output: Int
    ) -> [ProductShape] {
        [
            ProductShape(name, rows, output, input, right: true, bias: true),
            ProductShape(name + ", weight", output, input, rows, left: true),
            ProductShape(name + ", input", rows, input, output),
        ]
    }

    /// The large products of a micro-batch, except those of attention.
    static func all(of shape: StepShape) -> [ProductShape] {
        let (size, wide) = (shape.configuration.hiddenSize, shape.configuration.intermediateSize)
        let rows = shape.tokens
        return dense("query, key, value", rows: rows, from: size, to: 3 * size)
            + dense("attention output", rows: rows, from: size, to: size)
            + dense("intermediate", rows: rows, from: size, to: wide)
            + dense("output", rows: rows, from: wide, to: size)
            + dense(
                "decoder", rows: shape.masked, from: size,
                to: shape.configuration.vocabularySize)
    }
}

/// A product with its operands, to be computed by any executor.
struct ProductCase {
    let shape: ProductShape
    private let left: Operand
    private let right: Operand
    private let bias: Block<Float>
    private let output: Block<Float>

    /// Makes operands of small random values that `precision` stores without rounding, and an
    /// output of zeros.
    init(_ shape: ProductShape, _ precision: Precision) {
        self.shape = shape
        left = Operand(shape.rows * shape.depth, sample: 0, precision)
        right = Operand(shape.depth * shape.columns, sample: 1, precision)
        bias = SyntheticBlock.make(shape.columns, sample: 2)
        output = Block(count: shape.rows * shape.columns)
    }

    /// Computes the product, with the stored operands or the same numbers in fp32.
    func run(_ executor: KernelExecutor, stored: Bool = true) {
        executor.multiply(
            left.factor(shape.rows, shape.depth, transposed: shape.transposes.left, stored),
            right.factor(shape.depth, shape.columns, transposed: shape.transposes.right, stored),
            bias: shape.hasBias ? bias.vector : nil,
            into: output.vector.matrix(rows: shape.rows, columns: shape.columns))
    }

    /// Largest difference between the results, relative to the largest value; the reference is in
    /// fp32.
    func difference(_ executor: KernelExecutor, _ reference: KernelExecutor) -> Double {
        run(reference, stored: false)
        let expected = Array(output.vector.buffer)
        output.vector.fill(.nan)
        run(executor)
        return relativeDifference(output.vector, expected)
    }

    /// Numbers in a storage format and in fp32.
    private struct Operand {
        private let floats: Block<Float>
        private let stored: any StoredBlock

        init(_ count: Int, sample: Int, _ precision: Precision) {
            floats = SyntheticBlock.make(count, sample: sample)
            stored =
                switch precision {
                case .fp32: floats
                case .bf16: Self.rounding(floats, to: BFloat16.self)
                case .fp16: Self.rounding(floats, to: Float16.self)
                }
        }

        private static func rounding<E: TensorElement>(
            _ floats: Block<Float>, to _: E.Type
        ) -> Block<E> {
            let block = Block<E>(count: floats.count)
            for index in 0..<floats.count {
                let number = E(floats.vector[index])
                block.vector[index] = number
                floats.vector[index] = number.float
            }
            return block
        }

        func factor(
            _ rows: Int, _ columns: Int, transposed: Bool, _ isStored: Bool
        ) -> Factor {
            let block: any StoredBlock = isStored ? stored : floats
            return block.factor(rows, columns, transposed: transposed)
        }
    }
}

/// A block in any storage format as a factor.
private protocol StoredBlock {
    func factor(_ rows: Int, _ columns: Int, transposed: Bool) -> Factor
}

extension Block: StoredBlock where Element: TensorElement {
    fileprivate func factor(_ rows: Int, _ columns: Int, transposed: Bool) -> Factor {
        transposed
            ? .transposed(vector.matrix(rows: columns, columns: rows))
            : .plain(vector.matrix(rows: rows, columns: columns))
    }
}

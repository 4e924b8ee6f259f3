import CKernels
import Kernels
import Tensors
import Testing

/// A product with its reference in double precision and the sum of its terms' magnitudes.
private struct Product: CustomStringConvertible {
    let rows: Int
    let columns: Int
    let depth: Int
    let left: [Float]
    let right: [Float]
    let bias: [Float]
    let initial: [Float]
    private(set) var exact: [Double]
    private(set) var magnitude: [Double]

    init(_ rows: Int, _ columns: Int, _ depth: Int) {
        (self.rows, self.columns, self.depth) = (rows, columns, depth)
        left = randomFloats(rows * depth, stream: 1)
        right = randomFloats(depth * columns, stream: 2)
        bias = randomFloats(columns, stream: 3)
        initial = randomFloats(rows * columns, stream: 4)
        exact = [Double](repeating: 0, count: rows * columns)
        magnitude = exact
        for row in 0..<rows {
            for step in 0..<depth {
                let x = Double(left[row * depth + step])
                for column in 0..<columns {
                    let term = x * Double(right[step * columns + column])
                    exact[row * columns + column] += term
                    magnitude[row * columns + column] += abs(term)
                }
            }
        }
    }

    var description: String { "\(rows) x \(columns) x \(depth)" }

    /// The result and its error bound: one rounding a term (Higham's gamma), block or bias.
    func expected(bias hasBias: Bool, accumulate: Bool) -> (values: [Double], bound: [Double]) {
        var (values, bound) = (exact, magnitude)
        for index in values.indices {
            let terms = [
                hasBias ? Double(bias[index % columns]) : 0,
                accumulate ? Double(initial[index]) : 0,
            ]
            for term in terms {
                values[index] += term
                bound[index] += abs(term)
            }
            bound[index] *= Double(depth + 8) * unitRoundoff
        }
        return (values, bound)
    }
}

private func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var result = values
    for row in 0..<rows {
        for column in 0..<columns {
            result[column * rows + row] = values[row * columns + column]
        }
    }
    return result
}

extension KernelTests {
    @Suite struct Products {
        /// Zero, one, primes, and one more or less than each limit of the blocking: panels of 14
        /// (6) rows and 32 (16) columns, blocks of 168 rows, 384 and 3072 steps of the depth, and
        /// 256 columns of the deepest block.
        static let sizes = [
            [0, 0, 0], [0, 5, 3], [5, 0, 3], [5, 3, 0], [1, 1, 1], [1, 1, 97], [1, 31, 1],
            [2, 3, 5], [7, 13, 11], [13, 31, 383], [14, 32, 384], [15, 33, 385], [169, 37, 17],
            [167, 16, 29], [337, 6, 2], [31, 65, 769], [3, 5, 3073], [15, 257, 3073],
            [43, 101, 61], [3, 1031, 7],
        ]

        @Test(arguments: sizes) func everyFormIsNearTheReference(size: [Int]) {
            let product = Product(size[0], size[1], size[2])
            let memory = Memory()
            for form in 0..<4 {
                let left = Self.left(product, transposed: form & 1 != 0, memory)
                let right = Self.right(product, transposed: form & 2 != 0, memory)
                for option in 0..<4 {
                    let (hasBias, accumulate) = (option & 1 != 0, option & 2 != 0)
                    let (values, bound) = product.expected(bias: hasBias, accumulate: accumulate)
                    compare(
                        "\(product), form \(form), option \(option)", values, bound: bound,
                        .vectorSetsOnly
                    ) { executor, memory in
                        let output = memory.matrix(
                            accumulate ? product.initial : product.initial.map { _ in .nan },
                            rows: product.rows, columns: product.columns, gap: 7)
                        executor.multiply(
                            left, right, bias: hasBias ? memory.vector(product.bias) : nil,
                            into: output, accumulate: accumulate)
                        #expect(output.gapsAreUntouched)
                        return output.array
                    }
                }
            }
            withExtendedLifetime(memory) {}
        }

        private static func left(
            _ product: Product, transposed isTransposed: Bool, _ memory: Memory
        )
            -> Factor
        {
            let (rows, depth) = (product.rows, product.depth)
            guard isTransposed else {
                return .plain(memory.matrix(product.left, rows: rows, columns: depth, gap: 3))
            }
            return .transposed(
                memory.matrix(
                    transposed(product.left, rows: rows, columns: depth), rows: depth,
                    columns: rows, gap: 5))
        }

        private static func right(
            _ product: Product, transposed isTransposed: Bool, _ memory: Memory
        ) -> Factor {
            let (columns, depth) = (product.columns, product.depth)
            guard isTransposed else {
                return .plain(memory.matrix(product.right, rows: depth, columns: columns, gap: 1))
            }
            return .transposed(
                memory.matrix(
                    transposed(product.right, rows: depth, columns: columns), rows: columns,
                    columns: depth, gap: 2))
        }

        /// The micro-kernel in plain C, for which executors use OpenBLAS.
        @Test(arguments: sizes) func plainCIsNearTheReference(size: [Int]) {
            let product = Product(size[0], size[1], size[2])
            let (values, bound) = product.expected(bias: true, accumulate: true)
            let memory = Memory()
            let left = memory.vector(product.left)
            let right = memory.vector(
                transposed(
                    product.right, rows: product.depth, columns: product.columns))
            let output = memory.vector(product.initial)
            let bias = memory.vector(product.bias)
            let scratch = memory.zeros(bert_gemm_scratch() / MemoryLayout<Float>.stride)
            var task = bert_gemm_task(
                rows: product.rows, columns: product.columns, depth: product.depth,
                a: bert_factor(
                    elements: left.base, storage: BERT_FP32, stride: product.depth,
                    transposed: false),
                b: bert_factor(
                    elements: right.base, storage: BERT_FP32, stride: product.depth,
                    transposed: true),
                precision: BERT_FP32, c: output.base, c_storage: BERT_FP32,
                c_stride: product.columns, accumulate: true, bias: bias.base,
                activated: nil, activated_stride: 0, activation: BERT_GELU_ERF)
            bert_gemm(BERT_PORTABLE, &task, scratch.base)
            for index in values.indices {
                #expect(abs(Double(output[index]) - values[index]) <= bound[index])
            }
            withExtendedLifetime(memory) {}
        }

        @Test func aRowDoesNotDependOnTheOthers() {
            let product = Product(53, 71, 401)
            for executor in executors where executor.instructionSet != .portable {
                let memory = Memory()
                let left = memory.matrix(product.left, rows: 53, columns: 401)
                let right = memory.matrix(product.right, rows: 401, columns: 71)
                let whole = memory.matrix(product.initial, rows: 53, columns: 71)
                executor.multiply(.plain(left), .plain(right), into: whole)
                for row in [0, 1, 13, 14, 27, 52] {
                    let alone = memory.matrix(product.bias, rows: 1, columns: 71)
                    executor.multiply(.plain(left.rows(row..<row + 1)), .plain(right), into: alone)
                    #expect(bits(alone.array) == bits(whole.row(row).array))
                }
                let some = memory.matrix(
                    Array(product.initial.prefix(53 * 3)), rows: 53, columns: 3)
                executor.multiply(.plain(left), .plain(right.columns(40..<43)), into: some)
                #expect(bits(some.array) == bits(whole.columns(40..<43).array))
                withExtendedLifetime(memory) {}
            }
        }

        @Test func whatIsNotANumberReachesItsRowAndNoOther() {
            var product = Product(30, 40, 50).left
            product[17 * 50 + 49] = .nan
            for executor in executors {
                let memory = Memory()
                let left = memory.matrix(product, rows: 30, columns: 50)
                let right = memory.matrix(randomFloats(2000, stream: 2), rows: 50, columns: 40)
                let output = memory.matrix(randomFloats(1200, stream: 3), rows: 30, columns: 40)
                executor.multiply(.plain(left), .plain(right), into: output)
                for row in 0..<30 {
                    #expect(output.row(row).array.allSatisfy { $0.isNaN == (row == 17) })
                }
                withExtendedLifetime(memory) {}
            }
        }
    }
}

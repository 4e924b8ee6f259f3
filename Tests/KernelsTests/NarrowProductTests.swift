import CKernels
import Kernels
import Tensors
import Testing
import TileEmulation

/// Multiplies as an executor does, or as AMX would.
private enum Multiplier: CustomStringConvertible {
    case executor(KernelExecutor)
    /// AMX's kernel with tile instructions in plain C, for processors with at least AVX-512.
    case emulatedTiles

    nonisolated(unsafe) static let all: [Multiplier] =
        executors.map { .executor($0) }
        + (InstructionSet.supported >= .avx512 ? [.emulatedTiles] : [])

    /// Those that multiply factors of type `E`.
    static func all<E: TensorElement>(for _: E.Type) -> [Multiplier] {
        all.filter { if case .emulatedTiles = $0 { E.precision == .bf16 } else { true } }
    }

    /// Runs other kernels for comparison; for tiles, those of the strongest set.
    var executor: KernelExecutor {
        if case .executor(let executor) = self { executor } else { executors[executors.count - 1] }
    }

    var description: String {
        switch self {
        case .executor(let executor): "\(executor.instructionSet), \(executor.team.count) threads"
        case .emulatedTiles: "emulated tiles"
        }
    }

    func multiply<L: TensorElement, R: TensorElement, O: TensorElement>(
        _ left: Operand<L>, _ right: Operand<R>, bias: Vector<Float>? = nil,
        into output: Matrix<O>, accumulate: Bool = false,
        activated: (activation: Activation, output: Matrix<O>)? = nil
    ) {
        switch self {
        case .executor(let executor):
            executor.multiply(
                left.factor, right.factor, bias: bias, into: output, accumulate: accumulate,
                activated: activated.map { Activated($0.activation, into: $0.output) })
        case .emulatedTiles:
            var task = bert_gemm_task(
                rows: output.rows, columns: output.columns,
                depth: left.isTransposed ? left.matrix.rows : left.matrix.columns,
                a: left.parameters, b: right.parameters, precision: BERT_BF16, c: output.base,
                c_storage: code(of: O.self), c_stride: output.stride, accumulate: accumulate,
                bias: bias.map { UnsafePointer($0.base) }, activated: activated?.output.base,
                activated_stride: activated?.output.stride ?? 0,
                activation: activated?.activation == .geluNew ? BERT_GELU_TANH : BERT_GELU_ERF)
            let scratch = Block<UInt8>(count: emulated_gemm_scratch())
            emulated_gemm(&task, scratch.vector.base)
        }
    }
}

private func code<E: TensorElement>(of _: E.Type) -> bert_precision {
    switch E.precision {
    case .fp32: BERT_FP32
    case .bf16: BERT_BF16
    case .fp16: BERT_FP16
    }
}

/// A matrix of `rows` x `columns` as a factor, stored transposed or not.
private struct Operand<E: TensorElement> {
    let matrix: Matrix<E>
    let isTransposed: Bool

    /// An untransposed factor.
    init(_ matrix: Matrix<E>) {
        self.matrix = matrix
        isTransposed = false
    }

    init(_ values: [Float], rows: Int, columns: Int, transposed: Bool, gap: Int, _ memory: Memory) {
        isTransposed = transposed
        var elements = values.map { E($0) }
        if transposed {
            for row in 0..<rows {
                for column in 0..<columns {
                    elements[column * rows + row] = E(values[row * columns + column])
                }
            }
        }
        matrix = memory.matrix(
            elements, rows: transposed ? columns : rows, columns: transposed ? rows : columns,
            gap: gap)
    }

    var factor: Factor { isTransposed ? .transposed(matrix) : .plain(matrix) }

    var parameters: bert_factor {
        bert_factor(
            elements: matrix.base, storage: code(of: E.self), stride: matrix.stride,
            transposed: isTransposed)
    }
}

private struct Form: CustomStringConvertible {
    let left: Bool
    let right: Bool
    let bias: Bool
    let accumulate: Bool
    let gap: Int

    static let all: [Form] = (0..<16).map {
        Form(
            left: $0 & 1 != 0, right: $0 & 2 != 0, bias: $0 & 4 != 0, accumulate: $0 & 8 != 0,
            gap: $0 % 3)
    }

    var description: String {
        "left \(left ? "transposed" : "plain"), right \(right ? "transposed" : "plain"), "
            + "bias \(bias), accumulate \(accumulate), gap \(gap)"
    }
}

/// Random operands of a product, and its exact value for operands rounded to `precision`.
private struct Case {
    let (rows, columns, depth): (Int, Int, Int)
    let (left, right, bias, initial): ([Float], [Float], [Float], [Float])
    private let rounded: (left: [Double], right: [Double])

    init<E: TensorElement>(_ size: [Int], rounding _: E.Type) {
        (rows, columns, depth) = (size[0], size[1], size[2])
        left = randomFloats(rows * depth, stream: 1)
        right = randomFloats(depth * columns, stream: 2)
        bias = randomFloats(columns, stream: 3)
        // Initial values are exact in every storage format, so that only one rounding remains.
        initial = randomFloats(rows * columns, stream: 4).map { ($0 * 8).rounded() / 8 }
        rounded = (left.map { Double(E($0).float) }, right.map { Double(E($0).float) })
    }

    /// The error of rounding a stored sum of terms of a total size, and of an intermediate part of
    /// it.
    private func rounding(of sum: Double, _ size: Double, _ output: Precision) -> Double {
        let part = depth > 24_576 ? size : 0
        return (abs(sum) + part) * output.unitRoundoff * 1.01 + 0x1p-25
    }

    /// Each element's value and the maximum error of its sum: one rounding per term, one for
    /// storage, and the loss on processors that flush subnormal numbers to zero.
    func expected(_ form: Form, output: Precision) -> (values: [Double], bounds: [Double]) {
        var values: [Double] = []
        var bounds: [Double] = []
        for row in 0..<rows {
            for column in 0..<columns {
                var (sum, size) = (0.0, 0.0)
                for step in 0..<depth {
                    let term =
                        rounded.left[row * depth + step] * rounded.right[step * columns + column]
                    sum += term
                    size += abs(term)
                }
                if form.bias { sum += Double(bias[column]) }
                if form.accumulate { sum += Double(initial[row * columns + column]) }
                values.append(sum)
                bounds.append(
                    (size + 2) * Double(depth + 8) * unitRoundoff + 0x1p-60
                        + (output == .fp32 ? 0 : rounding(of: sum, size, output)))
            }
        }
        return (values, bounds)
    }
}

extension KernelTests {
    /// Products with factors or results in 16 bits, on every instruction set, and on AMX's kernel
    /// with emulated tiles.
    @Suite struct NarrowProducts {
        static let sizes = [
            [1, 1, 1], [2, 3, 1], [5, 7, 3], [14, 32, 2], [15, 33, 31], [16, 16, 32], [17, 48, 33],
            [29, 31, 65], [32, 32, 64], [33, 65, 100], [170, 70, 130], [7, 600, 40], [64, 40, 769],
            [3, 5, 1601],
        ]

        private func check<L: TensorElement, R: TensorElement, O: TensorElement>(
            _ size: [Int], _: L.Type, _: R.Type, _: O.Type, forms: [Form] = Form.all
        ) {
            let product =
                L.precision == .fp32 ? Case(size, rounding: R.self) : Case(size, rounding: L.self)
            for form in forms {
                let (values, bounds) = product.expected(form, output: O.precision)
                let multipliers =
                    L.precision == .fp16 || R.precision == .fp16
                    ? Multiplier.all(for: Float16.self) : Multiplier.all
                for multiplier in multipliers {
                    let memory = Memory()
                    let left = Operand<L>(
                        product.left, rows: product.rows, columns: product.depth,
                        transposed: form.left, gap: form.gap, memory)
                    let right = Operand<R>(
                        product.right, rows: product.depth, columns: product.columns,
                        transposed: form.right, gap: form.gap, memory)
                    let output = memory.matrix(
                        product.initial.map { O($0) }, rows: product.rows,
                        columns: product.columns, gap: form.gap)
                    multiplier.multiply(
                        left, right, bias: form.bias ? memory.vector(product.bias) : nil,
                        into: output, accumulate: form.accumulate)
                    let worst = (0..<values.count).max {
                        error($0, output, values) / bounds[$0]
                            < error($1, output, values) / bounds[$1]
                    }
                    if let worst {
                        #expect(
                            error(worst, output, values) <= bounds[worst],
                            "\(size) \(form), \(multiplier), element \(worst)")
                    }
                    #expect(
                        memory.marginsAreUntouched && output.gapsAreUntouched,
                        "\(size) \(form), \(multiplier)")
                }
            }
        }

        private func error<O: TensorElement>(
            _ index: Int, _ output: Matrix<O>, _ values: [Double]
        ) -> Double {
            let value = output.row(index / output.columns)[index % output.columns].float
            let error = abs(Double(value) - values[index])
            return error.isNaN ? .infinity : error
        }

        @Test(arguments: sizes) func bf16(size: [Int]) {
            check(size, BFloat16.self, BFloat16.self, BFloat16.self)
            check(size, BFloat16.self, BFloat16.self, Float.self)
            check(size, BFloat16.self, Float.self, BFloat16.self)
            check(size, Float.self, BFloat16.self, Float.self)
        }

        @Test(arguments: sizes) func fp16(size: [Int]) {
            check(size, Float16.self, Float16.self, Float16.self)
            check(size, Float16.self, Float16.self, Float.self)
            check(size, Float16.self, Float.self, Float16.self)
        }

        /// Deeper than one pass over C: 3,072 or 6,144 terms, or 24,576 and 49,152 if C has 16 bits
        /// and is rounded in between, which adds a rounding of a part of the sum.
        @Test(arguments: [3073, 6145, 24577, 49153]) func deep(depth: Int) {
            let size = [2, 37, depth]
            let forms = [Form.all[4], Form.all[11]]
            check(size, BFloat16.self, BFloat16.self, Float.self, forms: forms)
            check(size, Float16.self, Float.self, Float.self, forms: forms)
            check(size, BFloat16.self, Float.self, BFloat16.self, forms: forms)
            check(size, Float16.self, Float16.self, Float16.self, forms: forms)
        }

        /// A row's bits depend only on the row, and so not on the number of threads.
        @Test(arguments: [[53, 71, 801], [200, 90, 64]]) func aRowDoesNotDependOnTheOthers(
            size: [Int]
        ) {
            let product = Case(size, rounding: BFloat16.self)
            let (rows, columns, depth) = (size[0], size[1], size[2])
            for multiplier in Multiplier.all {
                let memory = Memory()
                let left = memory.matrix(
                    product.left.map { BFloat16($0) }, rows: rows, columns: depth)
                let right = memory.matrix(product.right, rows: depth, columns: columns)
                let whole = memory.matrix(
                    product.initial.map { BFloat16($0) }, rows: rows, columns: columns)
                multiplier.multiply(Operand(left), Operand(right), into: whole)
                for row in [0, 13, 14, rows - 1] {
                    let alone = memory.matrix(
                        [BFloat16](repeating: BFloat16(0), count: columns), rows: 1,
                        columns: columns)
                    multiplier.multiply(
                        Operand(left.rows(row..<row + 1)), Operand(right), into: alone)
                    #expect(alone.elements.array == whole.row(row).array)
                }
                withExtendedLifetime(memory) {}
            }
        }

        private func activated<E: TensorElement>(_ size: [Int], _: E.Type) {
            let product = Case(size, rounding: E.self)
            let (rows, columns, depth) = (size[0], size[1], size[2])
            for multiplier in Multiplier.all(for: E.self) {
                for (activation, bias, accumulate) in [
                    (Activation.gelu, true, false), (.geluNew, false, true),
                ] {
                    let memory = Memory()
                    func matrix(_ values: [Float], _ rows: Int, _ columns: Int) -> Matrix<E> {
                        memory.matrix(values.map { E($0) }, rows: rows, columns: columns, gap: 1)
                    }
                    let (left, right) = (
                        matrix(product.left, rows, depth), matrix(product.right, depth, columns)
                    )
                    let bias = bias ? memory.vector(product.bias) : nil
                    let (apart, joined) = (
                        matrix(product.initial, rows, columns),
                        matrix(product.initial, rows, columns)
                    )
                    let output = matrix(product.initial, rows, columns)
                    multiplier.multiply(
                        Operand(left), Operand(right), bias: bias, into: apart,
                        accumulate: accumulate)
                    multiplier.multiply(
                        Operand(left), Operand(right), bias: bias, into: joined,
                        accumulate: accumulate, activated: (activation, output))
                    for row in 0..<rows {
                        #expect(numbers(joined.row(row)) == numbers(apart.row(row)))
                        multiplier.executor.activate(
                            apart.row(row), activation, into: apart.row(row))
                        #expect(numbers(output.row(row)) == numbers(apart.row(row)))
                    }
                    #expect(memory.marginsAreUntouched)
                }
            }
        }

        private func numbers<E: TensorElement>(_ vector: Vector<E>) -> [UInt32] {
            vector.array.map(\.float.bitPattern)
        }

        /// An activation within a product equals the activation after it, bit for bit.
        @Test(arguments: [[5, 7, 3], [30, 70, 900], [15, 33, 0]]) func activation(size: [Int]) {
            activated(size, Float.self)
            activated(size, BFloat16.self)
            activated(size, Float16.self)
        }
    }
}

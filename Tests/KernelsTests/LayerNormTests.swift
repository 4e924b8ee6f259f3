import Kernels
import Randomness
import Tensors
import Testing

/// Layer normalization in double precision, with the magnitudes that rounding errors scale with.
private struct LayerNormReference {
    let columns: Int
    let weight: [Double]
    let bias: [Double]
    let epsilon: Double

    /// Mean and reciprocal standard deviation.
    func statistics(_ x: ArraySlice<Double>) -> (mean: Double, rstd: Double) {
        let mean = x.reduce(0, +) / Double(columns)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        return (mean, 1 / (variance + epsilon).squareRoot())
    }

    func forward(_ x: ArraySlice<Double>) -> (values: [Double], magnitudes: [Double]) {
        let (mean, rstd) = statistics(x)
        let size = x.reduce(0) { $0 + abs($1) } / Double(columns)
        var (values, magnitudes) = ([Double](), [Double]())
        for (column, value) in x.enumerated() {
            values.append((value - mean) * rstd * weight[column] + bias[column])
            magnitudes.append(
                (abs(value) + size) * rstd * abs(weight[column]) + abs(bias[column]))
        }
        return (values, magnitudes)
    }

    /// Gradient of one row's input, and its terms of the weight's gradient.
    func backward(_ x: ArraySlice<Double>, _ dy: ArraySlice<Double>) -> (
        dx: [Double], dxMagnitudes: [Double], dweight: [Double]
    ) {
        let (mean, rstd) = statistics(x)
        let normal = x.map { ($0 - mean) * rstd }
        let g = zip(dy, weight).map { $0 * $1 }
        let count = Double(columns)
        let meanG = g.reduce(0, +) / count
        let meanDot = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / count
        let sizeG = g.reduce(0) { $0 + abs($1) } / count
        let sizeDot = zip(g, normal).reduce(0) { $0 + abs($1.0 * $1.1) } / count
        return (
            zip(g, normal).map { ($0 - meanG - $1 * meanDot) * rstd },
            zip(g, normal).map { (abs($0) + sizeG + abs($1) * sizeDot) * rstd },
            zip(dy, normal).map { $0 * $1 }
        )
    }
}

/// Inputs and references of one size.
private struct LayerNormCase {
    let rows: Int
    let columns: Int
    var x: [Float]
    let weight: [Float]
    let bias: [Float]
    var dy: [Float]
    let reference: LayerNormReference
    static let epsilon: Float = 1e-6

    /// Rows of standard deviation 0.58 with mean 0.5, so that the mean matters.
    init(rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        x = randomFloats(rows * columns, stream: 1).map { $0 + 0.5 }
        weight = randomFloats(columns, stream: 2).map { $0 + 1 }
        bias = randomFloats(columns, stream: 3)
        dy = randomFloats(rows * columns, stream: 4)
        reference = LayerNormReference(
            columns: columns, weight: doubles(weight), bias: doubles(bias),
            epsilon: Double(Self.epsilon))
    }

    /// Roundings of a sum over a row: sixteen lanes, each of a sixteenth, and a few more.
    var sumError: Double { Double(columns / 16 + 24) * unitRoundoff }

    func row(_ index: Int, of values: [Double]) -> ArraySlice<Double> {
        values[index * columns..<(index + 1) * columns].reindexed
    }
}

extension ArraySlice<Double> {
    fileprivate var reindexed: ArraySlice<Double> { Array(self)[...] }
}

extension KernelTests {
    @Suite struct LayerNorms {
        static let sizes = [
            [0, 8], [1, 1], [2, 3], [3, 15], [5, 16], [4, 17], [7, 127], [3, 128], [2, 129],
            [33, 768], [2, 1031],
        ]

        @Test(arguments: sizes) func forwardAndStatistics(size: [Int]) {
            let test = LayerNormCase(rows: size[0], columns: size[1])
            let x = doubles(test.x)
            var (expected, bound) = ([Double](), [Double]())
            for row in 0..<test.rows {
                let result = test.reference.forward(test.row(row, of: x))
                expected += result.values
                bound += result.magnitudes.map { 4 * test.sumError * $0 }
            }
            let statistics = (0..<test.rows).map {
                test.reference.statistics(test.row($0, of: x))
            }
            expected += statistics.map(\.mean) + statistics.map(\.rstd)
            bound += statistics.map { _ in 1.5 * test.sumError }
            bound += statistics.map { 4 * test.sumError * $0.rstd * max(1, $0.rstd) }
            compare("\(size)", expected, bound: bound) { executor, memory in
                let input = memory.matrix(test.x, rows: test.rows, columns: test.columns)
                let output = memory.matrix(test.dy, rows: test.rows, columns: test.columns)
                let (mean, rstd) = (memory.zeros(test.rows), memory.zeros(test.rows))
                executor.layerNorm(
                    input,
                    LayerNormParameters(
                        weight: memory.vector(test.weight), bias: memory.vector(test.bias)),
                    epsilon: LayerNormCase.epsilon, into: output,
                    statistics: LayerNormStatistics(mean: mean, reciprocalDeviation: rstd))
                #expect(input.array == test.x)
                return output.array + mean.array + rstd.array
            }
        }

        @Test(arguments: [0, 0.25]) func residualAndDropout(probability: Double) {
            let test = LayerNormCase(rows: 9, columns: 201)
            let mask = DropoutReference(
                seed: 9, purpose: .feedForwardDropout, layer: 3, probability: probability)
            let base = randomFloats(test.x.count, stream: 7)
            let sums = test.x.indices.map { index in
                let factor = mask.factor(
                    epoch: 1, sample: 5, position: index / 201, column: index % 201, of: 201)
                return Double(base[index]) + Double(test.x[index]) * factor
            }
            var (expected, bound) = (sums, sums.map { 4 * unitRoundoff * (abs($0) + 2) })
            for row in 0..<test.rows {
                let result = test.reference.forward(test.row(row, of: sums))
                expected += result.values
                bound += result.magnitudes.map { 5 * test.sumError * $0 }
            }
            compare("\(probability)", expected, bound: bound) { executor, memory in
                let input = memory.matrix(test.x, rows: 9, columns: 201)
                let output = memory.matrix(test.dy, rows: 9, columns: 201)
                let residual = Residual(
                    memory.matrix(base, rows: 9, columns: 201),
                    dropout: Dropout(
                        seed: 9, purpose: .feedForwardDropout, layer: 3,
                        probability: probability),
                    rows: memory.vector(
                        (0..<9).map { RandomRow(epoch: 1, sample: 5, position: $0) }))
                executor.layerNorm(
                    input, residual: residual,
                    LayerNormParameters(
                        weight: memory.vector(test.weight), bias: memory.vector(test.bias)),
                    epsilon: LayerNormCase.epsilon, into: output,
                    statistics: LayerNormStatistics(
                        mean: memory.zeros(9), reciprocalDeviation: memory.zeros(9)))
                return input.array + output.array
            }
        }

        @Test(arguments: sizes, [false, true]) func backward(size: [Int], accumulate: Bool) {
            let test = LayerNormCase(rows: size[0], columns: size[1])
            let (x, dy) = (doubles(test.x), doubles(test.dy))
            let start = accumulate ? doubles(test.bias) : test.bias.map { _ in 0 }
            var (dweight, dbias) = (start, start)
            var (dx, bound) = ([Double](), [Double]())
            var (weightSize, biasSize) = (start.map(abs), start.map(abs))
            for row in 0..<test.rows {
                let (input, gradient) = (test.row(row, of: x), test.row(row, of: dy))
                let result = test.reference.backward(input, gradient)
                let rstd = test.reference.statistics(input).rstd
                dx += result.dx
                // The statistics' errors are relative to |x|, not to |x - mean|: hence 1 + rstd.
                bound += result.dxMagnitudes.map { 8 * test.sumError * $0 * (1 + rstd) }
                for column in 0..<test.columns {
                    dweight[column] += result.dweight[column]
                    dbias[column] += gradient[column]
                    weightSize[column] +=
                        abs(gradient[column]) * (abs(input[column]) + 1.5) * rstd
                    biasSize[column] += abs(gradient[column])
                }
            }
            let error = 4 * (test.sumError + Double(test.rows) * unitRoundoff)
            bound += weightSize.map { $0 * error } + biasSize.map { $0 * error }
            compare(
                "\(size) \(accumulate)", dx + dweight + dbias, bound: bound
            ) { executor, memory in
                Self.runBackward(test, accumulate: accumulate, executor, memory)
            }
        }

        private static func runBackward(
            _ test: LayerNormCase, accumulate: Bool, _ executor: KernelExecutor, _ memory: Memory
        ) -> [Float] {
            let input = memory.matrix(test.x, rows: test.rows, columns: test.columns)
            let gradient = memory.matrix(test.dy, rows: test.rows, columns: test.columns)
            let parameters = LayerNormParameters(
                weight: memory.vector(test.weight), bias: memory.vector(test.bias))
            let old = test.bias.map { accumulate ? $0 : .nan }
            let gradients = LayerNormParameters(
                weight: memory.vector(old), bias: memory.vector(old))
            let statistics = LayerNormStatistics(
                mean: memory.zeros(test.rows), reciprocalDeviation: memory.zeros(test.rows))
            executor.layerNorm(
                input, parameters, epsilon: LayerNormCase.epsilon,
                into: memory.matrix(test.dy, rows: test.rows, columns: test.columns),
                statistics: statistics)
            executor.layerNormBackward(
                input: input, parameters, statistics: statistics, gradient: gradient,
                parameterGradients: gradients, accumulate: accumulate)
            return gradient.array + gradients.weight.array + gradients.bias.array
        }

        /// The reference's own gradient, by central differences of its forward pass.
        @Test func theReferenceIsItsOwnDerivative() {
            let test = LayerNormCase(rows: 1, columns: 7)
            let (x, dy) = (doubles(test.x), doubles(test.dy))
            let gradient = test.reference.backward(x[...], dy[...]).dx
            func loss(_ x: [Double]) -> Double {
                zip(test.reference.forward(x[...]).values, dy).reduce(0) { $0 + $1.0 * $1.1 }
            }
            for index in x.indices {
                var (more, less) = (x, x)
                more[index] += 1e-5
                less[index] -= 1e-5
                #expect(abs((loss(more) - loss(less)) / 2e-5 - gradient[index]) < 1e-8)
            }
        }

        @Test func aRowDoesNotDependOnTheOthers() {
            let many = LayerNormCase(rows: 11, columns: 77)
            for executor in executors {
                let whole = Self.outputs(Array(0..<11), of: many, executor)
                for row in [0, 5, 10] {
                    #expect(bits(Self.outputs([row], of: many, executor)[0]) == bits(whole[row]))
                }
            }
        }

        /// A NaN in the input affects its row; one in the gradient its row, and its column of the
        /// parameters' gradients.
        @Test(arguments: [0, 15, 16, 36]) func whatIsNotANumberStaysVisible(column: Int) {
            var forward = LayerNormCase(rows: 3, columns: 37)
            var backward = forward
            forward.x[37 + column] = .nan
            backward.dy[37 + column] = .nan
            for executor in executors {
                let rows = Self.outputs([0, 1, 2], of: forward, executor)
                for (row, values) in rows.enumerated() {
                    #expect(values.allSatisfy { $0.isNaN == (row == 1) })
                }
                let memory = Memory()
                let gradients = withExtendedLifetime(memory) {
                    Self.runBackward(backward, accumulate: false, executor, memory)
                }
                for (index, value) in gradients.enumerated() {
                    let isBroken = index < 3 * 37 ? index / 37 == 1 : index % 37 == column
                    #expect(value.isNaN == isBroken)
                }
            }
        }

        private static func outputs(
            _ rows: [Int], of test: LayerNormCase, _ executor: KernelExecutor
        ) -> [[Float]] {
            let memory = Memory()
            let x = rows.flatMap { test.x[$0 * test.columns..<($0 + 1) * test.columns] }
            let matrix = memory.matrix(x, rows: rows.count, columns: test.columns)
            executor.layerNorm(
                matrix,
                LayerNormParameters(
                    weight: memory.vector(test.weight), bias: memory.vector(test.bias)),
                epsilon: LayerNormCase.epsilon, into: matrix,
                statistics: LayerNormStatistics(
                    mean: memory.zeros(rows.count),
                    reciprocalDeviation: memory.zeros(rows.count)))
            return withExtendedLifetime(memory) { rows.indices.map { matrix.row($0).array } }
        }
    }
}

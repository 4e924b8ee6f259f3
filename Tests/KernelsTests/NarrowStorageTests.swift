import Kernels
import Randomness
import Tensors
import Testing

/// Output of a kernel, independent of storage format.
private typealias Numbers = [Float]

extension KernelTests {
    /// Kernels over bf16 and fp16: their results equal, bit for bit, those of the fp32 kernels on
    /// the same numbers, rounded where they are stored.
    @Suite struct NarrowStorage {
        private func rounded<E: TensorElement>(_ values: Numbers, _: E.Type) -> Numbers {
            values.map { E($0).float }
        }

        private func numbers<E: TensorElement>(_ values: Vector<E>) -> Numbers {
            values.array.map(\.float)
        }

        /// Round trips and ties of a storage format; products of depth zero round their bias.
        @Test func conversionsRoundToNearestEven() {
            for bits in UInt16.min...UInt16.max {
                let number = BFloat16(bits: bits)
                let back = BFloat16(number.float)
                #expect(back == number || number.float.isNaN && back.float.isNaN)
            }
            #expect(BFloat16(1 + 0x1p-8).float == 1)
            #expect(BFloat16(1 + 0x3p-8).float == 1 + 0x1p-6)
            #expect(BFloat16(Float.greatestFiniteMagnitude).float == .infinity)
            #expect(BFloat16(Float(bitPattern: 0x7f80_0001)).float.isNaN)
            #expect(BFloat16(-Float.infinity).float == -.infinity)
            #expect(BFloat16(0x1p-133).float == 0x1p-133)
            checkConversions(BFloat16.self)
            checkConversions(Float16.self)
        }

        private func checkConversions<E: TensorElement>(_: E.Type) {
            var values: Numbers = [
                0, -0, 1, .infinity, -.infinity, .nan, 65504, 65519.9, 65520, 1e-8, 0x1p-25,
                0x1.8p-25, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
                Float(bitPattern: 0x7f80_0001),
            ]
            values += randomFloats(4000, stream: 7).map {
                Float(bitPattern: UInt32(truncatingIfNeeded: Int(Double($0) * 0x1p31)))
            }
            for executor in executors {
                let memory = Memory()
                let none = memory.matrix([E](), rows: 1, columns: 0)
                let depthless = memory.matrix([E](), rows: 0, columns: values.count)
                let output = memory.matrix(
                    values.map { _ in E(7) }, rows: 1, columns: values.count)
                executor.multiply(
                    .plain(none), .plain(depthless), bias: memory.vector(values), into: output)
                // AVX512_BF16 rounds as it multiplies: it treats subnormal numbers as zero.
                let flushes = E.precision == .bf16 && executor.instructionSet.multipliesBF16
                for (value, stored) in zip(values, numbers(output.elements)) {
                    let expected = E(flushes && value.isSubnormal ? value * 0 : value).float
                    #expect(
                        stored.bitPattern == expected.bitPattern
                            || stored.isNaN && expected.isNaN, "\(value)")
                }
                withExtendedLifetime(memory) {}
            }
        }

        /// Runs `kernel` over `inputs` in storage format `E`, and in fp32 over the same numbers.
        private func check<E: TensorElement>(
            _ inputs: [Numbers], _: E.Type,
            _ narrow: (KernelExecutor, [Vector<E>]) -> Void,
            _ wide: (KernelExecutor, [Vector<Float>]) -> Void
        ) {
            for executor in executors {
                let memory = Memory()
                let narrowed = inputs.map { memory.vector($0.map { E($0) }) }
                let widened = inputs.map { memory.vector(rounded($0, E.self)) }
                narrow(executor, narrowed)
                wide(executor, widened)
                for (narrow, wide) in zip(narrowed, widened) {
                    #expect(bits(numbers(narrow)) == bits(rounded(wide.array, E.self)))
                }
                #expect(memory.marginsAreUntouched)
            }
        }

        private func elementwise<E: TensorElement>(_ count: Int, _: E.Type) {
            let x = randomFloats(count, stream: 1).map { $0 * 4 }
            let dy = randomFloats(count, stream: 2)
            for activation in Activation.allCases {
                check([x], E.self) {
                    $0.activate($1[0], activation, into: $1[0])
                } _: {
                    $0.activate($1[0], activation, into: $1[0])
                }
                check([x, dy], E.self) {
                    $0.activateBackward(input: $1[0], activation, gradient: $1[1])
                } _: {
                    $0.activateBackward(input: $1[0], activation, gradient: $1[1])
                }
            }
            check([x], E.self) {
                $0.tanh($1[0])
            } _: {
                $0.tanh($1[0])
            }
            check([randomFloats(count, stream: 3), dy], E.self) {
                $0.tanhBackward(output: $1[0], gradient: $1[1])
            } _: {
                $0.tanhBackward(output: $1[0], gradient: $1[1])
            }
        }

        @Test(arguments: [1, 15, 16, 17, 31, 33, 64, 100]) func elementwise(count: Int) {
            elementwise(count, BFloat16.self)
            elementwise(count, Float16.self)
        }

        private func rows<E: TensorElement>(_ shape: [Int], _: E.Type) {
            let (rows, columns) = (shape[0], shape[1])
            let x = randomFloats(rows * columns, stream: 1)
            let base = randomFloats(rows * columns, stream: 2)
            let dropout = Dropout(
                seed: 9, purpose: .feedForwardDropout, layer: 1, probability: 0.25)
            let addresses = (0..<rows).map { RandomRow(epoch: 1, sample: 2, position: $0) }
            for executor in executors {
                let memory = Memory()
                func matrix<N: TensorElement>(_ values: Numbers, _: N.Type) -> Matrix<N> {
                    memory.matrix(values.map { N($0) }, rows: rows, columns: columns)
                }
                let random = memory.vector(addresses)
                let parameters = LayerNormParameters(
                    weight: memory.vector(randomFloats(columns, stream: 3)),
                    bias: memory.vector(randomFloats(columns, stream: 4)))
                func statistics() -> LayerNormStatistics {
                    LayerNormStatistics(
                        mean: memory.zeros(rows), reciprocalDeviation: memory.zeros(rows))
                }
                // Forward: the sum is rounded before it is normalized.
                let (sum, output) = (matrix(x, E.self), matrix(x, E.self))
                let narrowStatistics = statistics()
                executor.layerNorm(
                    sum, residual: Residual(matrix(base, E.self), dropout: dropout, rows: random),
                    parameters, epsilon: 1e-12, into: output, statistics: narrowStatistics)
                let wideSum = matrix(rounded(x, E.self), Float.self)
                executor.dropout(wideSum, dropout, rows: random, into: wideSum)
                for index in 0..<rows * columns {
                    wideSum.elements[index] =
                        E(
                            E(base[index]).float + wideSum.elements[index]
                        ).float
                }
                #expect(bits(numbers(sum.elements)) == bits(wideSum.elements.array))
                let wideOutput = matrix(x, Float.self)
                let wideStatistics = statistics()
                executor.layerNorm(
                    wideSum, parameters, epsilon: 1e-12, into: wideOutput,
                    statistics: wideStatistics)
                #expect(
                    bits(numbers(output.elements))
                        == bits(rounded(wideOutput.elements.array, E.self)))
                // Backward, and sums over rows.
                let (slope, wideSlope) = (
                    matrix(base, E.self), matrix(rounded(base, E.self), Float.self)
                )
                func gradients() -> LayerNormParameters {
                    LayerNormParameters(weight: memory.zeros(columns), bias: memory.zeros(columns))
                }
                let (narrowGradients, wideGradients) = (gradients(), gradients())
                executor.layerNormBackward(
                    input: sum, parameters, statistics: narrowStatistics, gradient: slope,
                    parameterGradients: narrowGradients, accumulate: false)
                executor.layerNormBackward(
                    input: wideSum, parameters, statistics: wideStatistics, gradient: wideSlope,
                    parameterGradients: wideGradients, accumulate: false)
                #expect(
                    bits(numbers(slope.elements)) == bits(rounded(wideSlope.elements.array, E.self))
                )
                #expect(bits(narrowGradients.weight.array) == bits(wideGradients.weight.array))
                let (sums, wideSums) = (memory.zeros(columns), memory.zeros(columns))
                executor.sumRows(output, into: sums, accumulate: true)
                executor.sumRows(
                    matrix(numbers(output.elements), Float.self), into: wideSums, accumulate: true)
                #expect(bits(sums.array) == bits(wideSums.array))
                #expect(memory.marginsAreUntouched)
            }
        }

        @Test(arguments: [[1, 1], [3, 17], [5, 128], [2, 130], [7, 64]]) func rows(shape: [Int]) {
            rows(shape, BFloat16.self)
            rows(shape, Float16.self)
        }

        private func crossEntropy<E: TensorElement>(_ classes: Int, _: E.Type) {
            let logits = randomFloats(3 * classes, stream: 5).map { $0 * 5 }
            let labels: [Int32] = [0, Int32(classes / 2), Int32(classes - 1)]
            for executor in executors {
                let memory = Memory()
                func run<N: TensorElement>(_: N.Type) -> (Matrix<N>, Vector<Float>) {
                    let losses = memory.zeros(3)
                    let slopes = executor.crossEntropy(
                        memory.matrix(logits, rows: 3, columns: classes),
                        labels: memory.vector(labels), gradientScale: 1024, as: N.self,
                        losses: losses, correct: memory.vector([UInt8](repeating: 0, count: 3)))
                    return (slopes, losses)
                }
                let (narrow, losses) = run(E.self)
                let (wide, wideLosses) = run(Float.self)
                #expect(bits(losses.array) == bits(wideLosses.array))
                for row in 0..<3 {
                    #expect(
                        bits(numbers(narrow.row(row))) == bits(rounded(wide.row(row).array, E.self))
                    )
                }
                #expect(memory.marginsAreUntouched)
            }
        }

        @Test(arguments: [1, 2, 16, 33, 1000]) func crossEntropy(classes: Int) {
            crossEntropy(classes, BFloat16.self)
            crossEntropy(classes, Float16.self)
        }

        /// Attention rounds probabilities, and slopes of scores, once more than its fp32 version: a
        /// value differs by at most a rounding of each of its terms.
        private func attention<E: TensorElement>(_ lengths: [Int], _: E.Type) {
            let (heads, width, tokens) = (2, 9, lengths.reduce(0, +))
            let size = heads * width
            let queryKeyValue = rounded(randomFloats(tokens * 3 * size, stream: 1), E.self)
            let slope = rounded(randomFloats(tokens * size, stream: 2), E.self)
            let offsets = lengths.reduce(into: [Int32(0)]) { $0.append(($0.last ?? 0) + Int32($1)) }
            for executor in executors {
                let memory = Memory()
                func run<N: TensorElement>(_: N.Type) -> (Numbers, Numbers) {
                    let input = memory.matrix(
                        queryKeyValue.map { N($0) }, rows: tokens, columns: 3 * size)
                    let context = memory.matrix(
                        slope.map { N($0) }, rows: tokens, columns: size)
                    let gradient = memory.matrix(
                        queryKeyValue.map { N($0) }, rows: tokens, columns: 3 * size)
                    let setting = AttentionSetting(
                        heads: heads,
                        dropout: Dropout(seed: 3, purpose: .attentionDropout, probability: 0.1),
                        bounds: SequenceBounds(offsets: memory.vector(offsets)),
                        rows: memory.vector(
                            (0..<tokens).map { RandomRow(epoch: 0, sample: 1, position: $0) }))
                    let scratch = AttentionScratch(
                        maximumLength: lengths.max() ?? 0, threads: executor.team.count,
                        backward: true)
                    let logSums = memory.zeros(tokens * heads)
                    executor.attention(
                        input, setting, logSums: logSums, into: context, scratch: scratch)
                    executor.attentionBackward(
                        input, setting, logSums: logSums,
                        contextGradient: memory.matrix(
                            slope.map { N($0) }, rows: tokens, columns: size),
                        into: gradient, scratch: scratch)
                    return (numbers(context.elements), numbers(gradient.elements))
                }
                let (narrow, wide) = (run(E.self), run(Float.self))
                // Each number is rounded several times in between, probabilities and slopes once.
                let unit = Float(E.precision.unitRoundoff)
                for sequence in 0..<lengths.count {
                    let rows = Int(offsets[sequence])..<Int(offsets[sequence + 1])
                    for (parts, values) in [(1, \(Numbers, Numbers).0), (3, \.1)] {
                        for part in 0..<parts {
                            func of(_ numbers: Numbers) -> Numbers {
                                rows.flatMap { row in
                                    let start = (row * parts + part) * size
                                    return numbers[start..<start + size]
                                }
                            }
                            let (left, right) = (
                                of(narrow[keyPath: values]), of(wide[keyPath: values])
                            )
                            let error = norm(zip(left, right).map { $0 - $1 })
                            #expect(
                                error <= 4 * unit * norm(right), "\(lengths[sequence]), \(part)")
                        }
                    }
                }
                #expect(memory.marginsAreUntouched)
            }
        }

        private func norm(_ numbers: Numbers) -> Float {
            numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }

        @Test(arguments: [[1], [5, 1, 12], [16, 33], [7, 130]]) func attention(lengths: [Int]) {
            attention(lengths, BFloat16.self)
            attention(lengths, Float16.self)
        }

        private func embeddings<E: TensorElement>(_ columns: Int, _: E.Type) {
            let indices: [Int32] = [2, 0, 2, 1]
            for executor in executors {
                let memory = Memory()
                func table(_ stream: Int) -> Matrix<Float> {
                    memory.matrix(
                        randomFloats(3 * columns, stream: stream), rows: 3, columns: columns)
                }
                let tables = EmbeddingTables(token: table(1), segment: table(2), position: table(3))
                let ids = EmbeddingIndices(
                    tokens: memory.vector(indices), segments: memory.vector(indices),
                    positions: memory.vector([0, 1, 2, 0]))
                func rows<N: TensorElement>(_: N.Type, _ stream: Int) -> Matrix<N> {
                    memory.matrix(
                        rounded(randomFloats(4 * columns, stream: stream), E.self).map { N($0) },
                        rows: 4, columns: columns)
                }
                let (narrow, wide) = (rows(E.self, 4), rows(Float.self, 4))
                executor.embed(ids, tables, into: narrow)
                executor.embed(ids, tables, into: wide)
                #expect(
                    bits(numbers(narrow.elements)) == bits(rounded(wide.elements.array, E.self)))
                let (sums, wideSums) = (table(5), table(5))
                executor.scatterAdd(rows(E.self, 6), to: memory.vector(indices), of: sums)
                executor.scatterAdd(rows(Float.self, 6), to: memory.vector(indices), of: wideSums)
                #expect(bits(sums.array) == bits(wideSums.array))
                let (into, wideInto) = (rows(E.self, 7), rows(Float.self, 7))
                let targets = memory.vector([3, 0, 2, 1] as [Int32])
                executor.scatterAdd(rows(E.self, 8), to: targets, ofRows: into)
                executor.scatterAdd(rows(Float.self, 8), to: targets, ofRows: wideInto)
                #expect(
                    bits(numbers(into.elements)) == bits(rounded(wideInto.elements.array, E.self)))
                #expect(memory.marginsAreUntouched)
            }
        }

        @Test(arguments: [1, 16, 17, 70]) func embeddings(columns: Int) {
            embeddings(columns, BFloat16.self)
            embeddings(columns, Float16.self)
        }
    }
}

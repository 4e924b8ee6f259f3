import Glibc
import Kernels
import Tensors
import Testing

/// The state of an optimizer step in double precision, and the bounds of its errors.
private struct AdamReference {
    var (first, second, update, parameter) = ([Double](), [Double](), [Double](), [Double]())
    var updateBound: [Double] = []
    var parameterBound: [Double] = []
    static let step = 3
    static let (rate, epsilon, scale, decay) = (1e-3, 1e-6, 0.5, 0.01)

    init(_ start: Start, biasCorrection: Bool) {
        // The kernel reads the betas and their complements as floats, each rounded once.
        let (b1, b2) = (Double(Float(0.9)), Double(Float(0.999)))
        let (w1, w2) = (Double(Float(1 - 0.9)), Double(Float(1 - 0.999)))
        let c1 = biasCorrection ? 1 / (1 - pow(0.9, Double(Self.step))) : 1
        let c2 = biasCorrection ? 1 / (1 - pow(0.999, Double(Self.step))) : 1
        for index in start.parameter.indices {
            let g = Double(start.gradient[index]) * Self.scale
            let p = Double(start.parameter[index])
            let (m0, v0) = (Double(start.first[index]), Double(start.second[index]))
            let m = b1 * m0 + w1 * g
            let v = b2 * v0 + w2 * g * g
            let denominator = (v * c2).squareRoot() + Self.epsilon
            first.append(m)
            second.append(v)
            update.append(m * c1 / denominator + Self.decay * p)
            parameter.append(p - Self.rate * update[index])
            // m may cancel, so its error is relative to its terms.
            let size = (b1 * abs(m0) + w1 * abs(g)) * c1 / denominator
            updateBound.append(12 * unitRoundoff * (size + Self.decay * abs(p)))
            parameterBound.append(Self.rate * updateBound[index] + unitRoundoff * 2 * abs(p))
        }
    }

    static func kernelStep(biasCorrection: Bool) -> AdamStep {
        AdamStep(
            step: step, beta1: 0.9, beta2: 0.999, epsilon: epsilon, gradientScale: scale,
            biasCorrection: biasCorrection, learningRate: rate
        ).decaying(by: decay)
    }

    struct Start {
        let gradient, first, second, parameter: [Float]

        init(count: Int) {
            gradient = randomFloats(count, stream: 1)
            first = randomFloats(count, stream: 2).map { $0 * 0.1 }
            second = randomFloats(count, stream: 3).map { abs($0) * 0.01 }
            parameter = randomFloats(count, stream: 4)
        }

        func operands(_ memory: Memory) -> (
            UpdateOperands, gradient: Vector<Float>, rest: [Vector<Float>]
        ) {
            let gradient = memory.vector(gradient)
            let rest = [first, second, parameter].map { memory.vector($0) }
            return (
                UpdateOperands(
                    gradient: gradient, first: rest[0], second: rest[1], parameter: rest[2]),
                gradient, rest
            )
        }
    }
}

extension KernelTests {
    /// Updates are compiled without fused multiply-adds, so all instruction sets agree.
    @Suite struct Updates {
        static let counts = [0, 1, 15, 16, 17, 1031]

        @Test(arguments: counts, [false, true]) func adamW(count: Int, biasCorrection: Bool) {
            let start = AdamReference.Start(count: count)
            let reference = AdamReference(start, biasCorrection: biasCorrection)
            let moments = reference.first.map { _ in 1e-7 } + reference.second.map { _ in 1e-9 }
            compare(
                "\(count)", reference.first + reference.second + reference.parameter,
                bound: moments + reference.parameterBound, .all
            ) { executor, memory in
                let (operands, gradient, rest) = start.operands(memory)
                executor.adamW(
                    AdamReference.kernelStep(biasCorrection: biasCorrection), operands)
                #expect(gradient.array == start.gradient)
                return rest.flatMap(\.array)
            }
        }

        @Test(arguments: counts, [false, true]) func lambUpdate(count: Int, biasCorrection: Bool) {
            let start = AdamReference.Start(count: count)
            let reference = AdamReference(start, biasCorrection: biasCorrection)
            let moments = reference.first.map { _ in 1e-7 } + reference.second.map { _ in 1e-9 }
            compare(
                "\(count)", reference.first + reference.second + reference.update,
                bound: moments + reference.updateBound, .all
            ) { executor, memory in
                let (operands, gradient, rest) = start.operands(memory)
                executor.lambUpdate(
                    AdamReference.kernelStep(biasCorrection: biasCorrection), operands)
                #expect(rest[2].array == start.parameter)
                return rest[0].array + rest[1].array + gradient.array
            }
        }

        @Test(arguments: counts) func subtract(count: Int) {
            let (update, parameter) = (
                randomFloats(count, stream: 1), randomFloats(count, stream: 2)
            )
            let expected = zip(parameter, update).map { Double($0 - 0.3 * $1) }
            compare(
                "\(count)", expected, bound: expected.map { _ in 0 }, .all
            ) { executor, memory in
                let result = memory.vector(parameter)
                executor.subtract(memory.vector(update), times: 0.3, from: result)
                return result.array
            }
        }

        /// Terms have 4096 elements each; a sum of doubles loses next to nothing.
        @Test(arguments: [0, 1, 7, 8, 9, 4095, 4096, 4097, 200_003])
        func sumOfSquares(count: Int) {
            let memory = Memory()
            let values = memory.vector(randomFloats(count, stream: 1).map { $0 * 1e25 })
            let expected = values.array.reduce(0.0) { $0 + Double($1) * Double($1) }
            let sums = executors.map { $0.sumOfSquares(values) }
            #expect(Set(sums.map(\.bitPattern)).count == 1)
            #expect(abs(sums[0] - expected) <= 1e-12 * expected)
            if count > 0 {
                values[count - 1] = .nan
                #expect(executors.allSatisfy { $0.sumOfSquares(values).isNaN })
            }
            withExtendedLifetime(memory) {}
        }

        /// Ranks with parts of a block compute the same terms as one rank with all of it.
        @Test func termsDoNotDependOnCuts() {
            let unit = KernelExecutor.squareBlock
            let memory = Memory()
            let (start, count) = (unit - 3, 5 * unit + 7)
            let values = memory.vector(randomFloats(count, stream: 1))
            let executor = executors[0]
            func terms(_ part: Range<Int>) -> [Double] {
                let number = KernelExecutor.squareTerms(of: part)
                return [Double](unsafeUninitializedCapacity: number) { terms, filled in
                    executor.squareTerms(
                        values[part.lowerBound - start..<part.upperBound - start],
                        startingAt: part.lowerBound,
                        into: UnsafeMutableBufferPointer(rebasing: terms[..<number]))
                    filled = number
                }
            }
            let cuts = [start, unit, 3 * unit, start + count]
            let joined = zip(cuts, cuts.dropFirst()).flatMap { terms($0..<$1) }
            #expect(joined == terms(start..<start + count))
            #expect(joined.count == 7)
            #expect(executor.sumOfSquares(values, startingAt: start) == joined.reduce(0, +))
            #expect(terms(start..<start).isEmpty)
            withExtendedLifetime(memory) {}
        }

        @Test func brokenGradientsStayVisible() {
            for executor in executors {
                let memory = Memory()
                let one = memory.vector([Float](repeating: .nan, count: 20))
                let rest = (0..<6).map { _ in memory.zeros(20) }
                let step = AdamReference.kernelStep(biasCorrection: true)
                executor.adamW(
                    step,
                    UpdateOperands(
                        gradient: one, first: rest[0], second: rest[1], parameter: rest[2]))
                executor.subtract(one, times: 0.5, from: rest[3])
                executor.lambUpdate(
                    step,
                    UpdateOperands(
                        gradient: one, first: rest[4], second: rest[5], parameter: memory.zeros(20))
                )
                #expect(([one] + rest).allSatisfy { $0.array.allSatisfy { $0.isNaN } })
                withExtendedLifetime(memory) {}
            }
        }
    }
}

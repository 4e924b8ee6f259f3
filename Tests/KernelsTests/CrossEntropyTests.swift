import Glibc
import Kernels
import Tensors
import Testing

extension KernelTests {
    @Suite struct CrossEntropies {
        private static func run(
            _ logits: [Float], labels: [Int32], scale: Float?, _ executor: KernelExecutor,
            _ memory: Memory
        ) -> (logits: [Float], losses: [Float], correct: [UInt8]) {
            let rows = labels.count
            let matrix = memory.matrix(
                logits, rows: rows, columns: logits.count / max(rows, 1))
            let losses = memory.vector([Float](repeating: -1, count: rows))
            let correct = memory.vector([UInt8](repeating: 9, count: rows))
            executor.crossEntropy(
                matrix, labels: memory.vector(labels), gradientScale: scale, as: Float.self,
                losses: losses, correct: correct)
            return (matrix.array, losses.array, correct.array)
        }

        @Test(arguments: [[3, 1], [5, 2], [7, 15], [7, 16], [7, 17], [2, 1000], [3, 30522]])
        func nearTheReference(size: [Int]) {
            let (rows, columns) = (size[0], size[1])
            let logits = randomFloats(rows * columns, stream: 1).map { $0 * 20 }
            let labels = (0..<rows).map { Int32($0 == 0 ? columns - 1 : $0 * 7919 % columns) }
            let scale: Float = 0.125
            let sumError = Double(columns / 16 + 48) * unitRoundoff
            var (losses, lossBound) = ([Double](), [Double]())
            var (gradient, bound) = ([Double](), [Double]())
            for row in 0..<rows {
                let x = doubles(Array(logits[row * columns..<(row + 1) * columns]))
                let label = Int(labels[row])
                let largest = x.max() ?? 0
                let total = x.reduce(0) { $0 + exp($1 - largest) }
                losses.append(largest + log(total) - x[label])
                lossBound.append(
                    sumError + 4 * unitRoundoff * (abs(largest) + log(total) + abs(x[label])))
                for (column, value) in x.enumerated() {
                    let p = exp(value - largest) / total
                    gradient.append(Double(scale) * (p - (column == label ? 1 : 0)))
                    // exp multiplies the rounding of its argument by the argument's size.
                    bound.append(
                        Double(scale) * (p * 2 * (sumError + 40 * unitRoundoff) + unitRoundoff))
                }
            }
            compare("\(size)", losses + gradient, bound: lossBound + bound) { executor, memory in
                let untouched = Self.run(logits, labels: labels, scale: nil, executor, memory)
                #expect(untouched.logits == logits)
                // A scale of 0 also yields a gradient: one of zeros.
                let zero = Self.run(logits, labels: labels, scale: 0, executor, memory)
                #expect(zero.logits.allSatisfy { $0 == 0 } && zero.losses == untouched.losses)
                let result = Self.run(logits, labels: labels, scale: scale, executor, memory)
                #expect(result.losses == untouched.losses)
                return result.losses + result.logits
            }
        }

        @Test func theFirstOfEqualLogitsIsTheAnswer() {
            let columns = 35
            for executor in executors {
                for (first, second) in [(0, 1), (3, 34), (15, 16), (17, 33)] {
                    let memory = Memory()
                    var row = [Float](repeating: -1, count: columns)
                    row[first] = 2
                    row[second] = 2
                    let labels = (0..<columns).map(Int32.init)
                    let result = Self.run(
                        labels.flatMap { _ in row }, labels: labels, scale: nil, executor, memory)
                    #expect(result.correct == (0..<columns).map { $0 == first ? 1 : 0 })
                    withExtendedLifetime(memory) {}
                }
                let memory = Memory()
                let equal = Self.run(
                    [Float](repeating: 3, count: 80), labels: [0, 1], scale: 0, executor, memory)
                #expect(equal.correct == [1, 0])
                #expect(abs(equal.losses[0] - log(Float(40))) < 1e-6)
            }
        }

        /// Certain and hopeless answers yield finite losses that are never below zero.
        @Test func extremeLogits() {
            for executor in executors {
                for size: Float in [50, 1e4, 1e30] {
                    let memory = Memory()
                    var row = [Float](repeating: -size, count: 33)
                    row[7] = size
                    let result = Self.run(
                        row + row, labels: [7, 8], scale: 1, executor, memory)
                    #expect(result.losses[0] == 0)
                    #expect(abs(result.losses[1] / (2 * size) - 1) < 1e-6)
                    #expect(result.logits.allSatisfy { abs($0) <= 1 })
                    #expect(abs(result.logits[33 + 7] - 1) < 1e-6)
                    #expect(abs(result.logits[33 + 8] + 1) < 1e-6)
                }
            }
        }

        @Test(arguments: [Float.nan, .infinity]) func aBrokenLogitBreaksTheLoss(value: Float) {
            for executor in executors {
                for place in [0, 15, 16, 36] {
                    let memory = Memory()
                    var logits = randomFloats(3 * 37, stream: 1)
                    logits[37 + place] = value
                    let result = Self.run(
                        logits, labels: [1, 2, 3], scale: 1, executor, memory)
                    #expect(result.losses.map { $0.isFinite } == [true, false, true])
                    #expect(result.logits[37..<74].contains { !$0.isFinite })
                    #expect(result.logits[..<37].allSatisfy { $0.isFinite })
                    if value.isNaN { #expect(result.correct[1] == 0 || place > 2) }
                }
            }
        }

        @Test func noRows() {
            for executor in executors {
                let memory = Memory()
                #expect(Self.run([], labels: [], scale: 1, executor, memory).losses.isEmpty)
            }
        }
    }
}

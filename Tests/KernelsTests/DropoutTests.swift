import Kernels
import Randomness
import Tensors
import Testing

extension KernelTests {
    @Suite struct Dropouts {
        private static let rows = [(0, 0, 0), (1, 7, 1), (65535, 1 << 40, 511), (3, 2, 1 << 20)]

        @Test(arguments: [1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200, 256, 257, 768])
        func elementsFallWhereTheAddressingSays(columns: Int) {
            let reference = DropoutReference(
                seed: 0x1234_5678_9abc_def0, purpose: .attentionOutputDropout, layer: 11,
                probability: 0.3)
            let x = randomFloats(Self.rows.count * columns, stream: columns)
            var expected: [Double] = []
            for (index, value) in x.enumerated() {
                let (epoch, sample, position) = Self.rows[index / columns]
                let factor = reference.factor(
                    epoch: epoch, sample: sample, position: position, column: index % columns,
                    of: columns)
                expected.append(Double(value * Float(factor)))
            }
            compare(
                "\(columns)", expected, bound: expected.map { _ in 0 }, .all
            ) { executor, memory in
                let matrix = memory.matrix(x, rows: Self.rows.count, columns: columns)
                let dropout = Dropout(
                    seed: reference.seed, purpose: reference.purpose, layer: reference.layer,
                    probability: reference.probability)
                let addresses = memory.vector(
                    Self.rows.map { RandomRow(epoch: $0.0, sample: $0.1, position: $0.2) })
                executor.dropout(matrix, dropout, rows: addresses, into: matrix)
                return matrix.array
            }
        }

        /// Dropout of ones: 2048 rows of 256.
        private func mask(
            _ probability: Double, seed: UInt64 = 1, purpose: RandomPurpose = .embeddingDropout,
            layer: Int = 0, sample: Int = 0
        ) -> [Float] {
            let memory = Memory()
            let count = 2048 * 256
            let ones = memory.vector([Float](repeating: 1, count: count))
            let addresses = memory.vector(
                (0..<2048).map { RandomRow(epoch: 0, sample: sample, position: $0) })
            let matrix = ones.matrix(rows: 2048, columns: 256)
            let dropout = Dropout(
                seed: seed, purpose: purpose, layer: layer, probability: probability)
            executors[0].dropout(matrix, dropout, rows: addresses, into: matrix)
            return withExtendedLifetime(memory) { ones.array }
        }

        @Test(arguments: [0.001, 0.1, 0.5, 0.9]) func rateAndScale(probability: Double) {
            let values = mask(probability)
            let rounded = (probability * 65536).rounded() / 65536
            let count = Double(values.count)
            let deviation = (rounded * (1 - rounded) / count).squareRoot()
            let rate = Double(values.count { $0 == 0 }) / count
            #expect(abs(rate - rounded) < 5 * deviation)
            #expect(values.allSatisfy { $0 == 0 || $0 == Float(1 / (1 - rounded)) })
            let mean = values.reduce(0) { $0 + Double($1) } / count
            #expect(abs(mean - 1) < 5 * deviation / (1 - rounded))
        }

        @Test func placesAreIndependent() {
            let base = mask(0.5)
            let others = [
                mask(0.5, seed: 2), mask(0.5, purpose: .headDropout), mask(0.5, layer: 1),
                mask(0.5, sample: 1), Array(base.dropFirst()) + base.prefix(1),
                Array(base.dropFirst(64)) + base.prefix(64),
                Array(base.dropFirst(128)) + base.prefix(128),
                Array(base.dropFirst(256)) + base.prefix(256),
            ]
            let deviation = (0.25 / Double(base.count)).squareRoot()
            for (index, other) in others.enumerated() {
                let equal = zip(base, other).count { $0 == $1 }
                let rate = Double(equal) / Double(base.count)
                #expect(abs(rate - 0.5) < 5 * deviation, "place \(index)")
            }
        }

        /// Rows of 17 groups: the last position with valid numbers, and the next.
        @Test func positionsEndWhereTheNumbersDo() async {
            let reference = DropoutReference(
                seed: 1, purpose: .headDropout, layer: 0, probability: 0.5)
            let last = (1 << 28) / 17 - 1
            let expected = (0..<2049).map {
                Float(reference.factor(epoch: 0, sample: 0, position: last, column: $0, of: 2049))
            }
            #expect(Self.droppedOnes(position: last) == expected)
            await #expect(processExitsWith: .failure) {
                _ = KernelTests.Dropouts.droppedOnes(position: (1 << 28) / 17)
            }
        }

        private static func droppedOnes(position: Int) -> [Float] {
            let memory = Memory()
            let ones = memory.vector([Float](repeating: 1, count: 2049))
            let matrix = ones.matrix(rows: 1, columns: 2049)
            KernelExecutor(threads: 1).dropout(
                matrix, Dropout(seed: 1, purpose: .headDropout, probability: 0.5),
                rows: memory.vector([RandomRow(epoch: 0, sample: 0, position: position)]),
                into: matrix)
            return withExtendedLifetime(memory) { ones.array }
        }

        @Test func withoutProbabilityNothingChanges() {
            let values = mask(0)
            #expect(values.allSatisfy { $0 == 1 })
            #expect(!Dropout.none.isActive)
            #expect(Dropout(seed: 0, purpose: .headDropout, probability: 0.1).isActive)
        }
    }
}

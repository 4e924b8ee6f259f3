import Kernels
import Tensors
import Testing

/// Additions in a fixed order have a unique result, so these kernels are compared bitwise with the
/// same additions in Swift.
extension KernelTests {
    @Suite struct Embeddings {
        static let sizes = [[0, 16], [1, 1], [5, 15], [7, 16], [9, 17], [50, 131]]

        private static func indices(_ rows: Int, below count: Int) -> [Int32] {
            (0..<rows).map { Int32($0 * $0 % count) }
        }

        private static func exact(_ values: [Float]) -> ([Double], [Double]) {
            (doubles(values), values.map { _ in 0 })
        }

        @Test(arguments: sizes) func embed(size: [Int]) {
            let (rows, width) = (size[0], size[1])
            let tables = [(11, 1), (2, 2), (7, 3)].map { count, stream in
                randomFloats(count * width, stream: stream)
            }
            let (ids, segments, positions) = (
                Self.indices(rows, below: 11), Self.indices(rows, below: 2),
                Self.indices(rows, below: 7)
            )
            var expected: [Float] = []
            for row in 0..<rows {
                for column in 0..<width {
                    expected.append(
                        tables[0][Int(ids[row]) * width + column]
                            + tables[1][Int(segments[row]) * width + column]
                            + tables[2][Int(positions[row]) * width + column])
                }
            }
            let (values, bound) = Self.exact(expected)
            compare("\(size)", values, bound: bound, .all) { executor, memory in
                let output = memory.matrix(
                    expected.map { _ in Float.nan }, rows: rows, columns: width)
                executor.embed(
                    EmbeddingIndices(
                        tokens: memory.vector(ids), segments: memory.vector(segments),
                        positions: memory.vector(positions)),
                    EmbeddingTables(
                        token: memory.matrix(tables[0], rows: 11, columns: width),
                        segment: memory.matrix(tables[1], rows: 2, columns: width),
                        position: memory.matrix(tables[2], rows: 7, columns: width)),
                    into: output)
                return output.array
            }
        }

        @Test(arguments: sizes) func embedBackwardAddsInOrder(size: [Int]) {
            let (rows, width) = (size[0], size[1])
            let gradient = randomFloats(rows * width, stream: 4)
            let counts = [11, 2, 7]
            var tables = counts.map { randomFloats($0 * width, stream: $0) }
            let start = tables
            for row in 0..<rows {
                for (table, count) in counts.enumerated() {
                    let target = Int(Self.indices(rows, below: count)[row]) * width
                    for column in 0..<width {
                        tables[table][target + column] += gradient[row * width + column]
                    }
                }
            }
            let (values, bound) = Self.exact(tables.flatMap { $0 })
            compare("\(size)", values, bound: bound, .all) { executor, memory in
                let results = zip(start, counts).map {
                    memory.matrix($0, rows: $1, columns: width)
                }
                executor.embedBackward(
                    EmbeddingIndices(
                        tokens: memory.vector(Self.indices(rows, below: 11)),
                        segments: memory.vector(Self.indices(rows, below: 2)),
                        positions: memory.vector(Self.indices(rows, below: 7))),
                    gradient: memory.matrix(gradient, rows: rows, columns: width),
                    tables: EmbeddingTables(
                        token: results[0], segment: results[1], position: results[2]))
                return results.flatMap(\.array)
            }
        }

        @Test(arguments: sizes) func gather(size: [Int]) {
            let (rows, width) = (size[0], size[1])
            let table = randomFloats(13 * width, stream: 1)
            let indices = Self.indices(rows, below: 13)
            let (values, bound) = Self.exact(
                indices.flatMap { table[Int($0) * width..<(Int($0) + 1) * width] })
            compare("\(size)", values, bound: bound, .all) { executor, memory in
                let output = memory.matrix(
                    values.map { _ in Float.nan }, rows: rows, columns: width, gap: 3)
                executor.gather(
                    memory.matrix(table, rows: 13, columns: width, gap: 2),
                    memory.vector(indices), into: output)
                #expect(output.gapsAreUntouched)
                return output.array
            }
        }

        /// A NaN affects only what is computed from it.
        @Test(arguments: [0, 15, 16, 36]) func whatIsNotANumberStaysVisible(column: Int) {
            var values = randomFloats(3 * 37, stream: 1)
            let whole = values
            values[37 + column] = .nan
            for executor in executors {
                let memory = Memory()
                func matrix(_ values: [Float]) -> Matrix<Float> {
                    memory.matrix(values, rows: 3, columns: 37)
                }
                let chosen = memory.vector([Int32(2), 1, 1])
                let indices = EmbeddingIndices(
                    tokens: chosen, segments: chosen, positions: chosen)
                let output = matrix(whole)
                for broken in 0..<3 {
                    let tables = (0..<3).map { matrix($0 == broken ? values : whole) }
                    executor.embed(
                        indices,
                        EmbeddingTables(token: tables[0], segment: tables[1], position: tables[2]),
                        into: output)
                    #expect(Self.brokenRows(output, column) == [1, 2])
                }
                executor.gather(matrix(values), chosen, into: output)
                #expect(Self.brokenRows(output, column) == [1, 2])
                let table = matrix(whole)
                executor.scatterAdd(matrix(values), to: memory.vector([1, 0, 1]), of: table)
                #expect(Self.brokenRows(table, column) == [0])
                let sums = memory.zeros(37)
                executor.sumRows(matrix(values), into: sums, accumulate: true)
                #expect((0..<37).filter { sums[$0].isNaN } == [column])
                withExtendedLifetime(memory) {}
            }
        }

        /// Rows in which only `column` is NaN; nil if another column is.
        private static func brokenRows(_ matrix: Matrix<Float>, _ column: Int) -> [Int]? {
            let values = matrix.array
            let broken = values.indices.filter { values[$0].isNaN }
            guard broken.allSatisfy({ $0 % matrix.columns == column }) else { return nil }
            return broken.map { $0 / matrix.columns }
        }

        @Test(arguments: sizes, [false, true]) func sumRows(size: [Int], accumulate: Bool) {
            let (rows, width) = (size[0], size[1])
            let x = randomFloats(rows * width, stream: 1)
            let start = randomFloats(width, stream: 2)
            let sums = (0..<width).map { column in
                let sum = (0..<rows).reduce(Float(0)) { $0 + x[$1 * width + column] }
                return accumulate ? start[column] + sum : sum
            }
            let (values, bound) = Self.exact(sums)
            compare("\(size)", values, bound: bound, .all) { executor, memory in
                let result = memory.vector(start)
                executor.sumRows(
                    memory.matrix(x, rows: rows, columns: width, gap: 5), into: result,
                    accumulate: accumulate)
                return result.array
            }
        }
    }
}

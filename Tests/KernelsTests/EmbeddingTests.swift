import Kernels
import Tensors
import Testing

/// Additions in a fixed order have one right answer: these kernels are compared bit by bit with
/// the same additions in Swift.
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
                    expected.map { _ in .nan }, rows: rows, columns: width)
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
                    values.map { _ in .nan }, rows: rows, columns: width, gap: 3)
                executor.gather(
                    memory.matrix(table, rows: 13, columns: width, gap: 2),
                    memory.vector(indices), into: output)
                #expect(output.gapsAreUntouched)
                return output.array
            }
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

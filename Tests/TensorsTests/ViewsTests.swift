import Tensors
import Testing

@Suite struct ViewsTests {
    private let block = Block<Int32>(count: 24)

    init() {
        for index in 0..<24 { block.vector[index] = Int32(index) }
    }

    private func values(_ matrix: Matrix<Int32>) -> [[Int32]] {
        (0..<matrix.rows).map { Array(matrix.row($0).buffer) }
    }

    @Test func partsOfAMatrix() {
        let matrix = block.vector.matrix(rows: 4, columns: 6)
        #expect(matrix.isContiguous && matrix.stride == 6)
        #expect(matrix.elements.count == 24)
        let rows = matrix.rows(1..<3)
        #expect(rows.isContiguous)
        #expect(values(rows) == [[6, 7, 8, 9, 10, 11], [12, 13, 14, 15, 16, 17]])
        let part = rows.columns(2..<4)
        #expect(!part.isContiguous && part.stride == 6)
        #expect(values(part) == [[8, 9], [14, 15]])
        #expect(values(part.rows(1..<2).columns(1..<2)) == [[15]])
        #expect(values(part.rows(2..<2)).isEmpty)
        #expect(values(part.columns(0..<0)) == [[], []])
    }

    @Test func fillAndCopyStayInside() {
        let part = block[5..<8]
        part.fill(-1)
        #expect(Array(block[4..<9].buffer) == [4, -1, -1, -1, 8])
        part.copy(from: block[20..<23])
        #expect(Array(block[4..<9].buffer) == [4, 20, 21, 22, 8])
        block[0..<0].fill(9)
        #expect(block.vector[0] == 0)
    }

    @Test func emptyShapes() {
        #expect(block[0..<0].matrix(rows: 0, columns: 5).rows == 0)
        #expect(block[0..<0].matrix(rows: 5, columns: 0).columns == 0)
    }

    @Test func whatLiesOutsideStops() async {
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector[4]
        }
        await #expect(processExitsWith: .failure) {
            Block<Int32>(count: 4).vector[-1] = 0
        }
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector[2..<5]
        }
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector.matrix(rows: 2, columns: 3)
        }
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector.matrix(rows: 2, columns: 2).columns(1..<3)
        }
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector.matrix(rows: 2, columns: 2).row(2)
        }
        await #expect(processExitsWith: .failure) {
            _ = Block<Int32>(count: 4).vector.matrix(rows: 2, columns: 2).columns(0..<1).elements
        }
    }
}

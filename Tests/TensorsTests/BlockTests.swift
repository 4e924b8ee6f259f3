import Tensors
import Testing

@Suite struct BlockTests {
    /// Empty, small, and around the 2 MiB from which a block requests huge pages.
    @Test(arguments: [0, 1, 15, 1000, (1 << 19) - 1, 1 << 19, (1 << 19) + 1])
    func memoryIsAlignedAndZero(count: Int) {
        let block = Block<Float>(count: count)
        let address = Int(bitPattern: block.vector.base)
        #expect(address.isMultiple(of: 64))
        if count >= 1 << 19 { #expect(address.isMultiple(of: 2 << 20)) }
        #expect(block.count == count && block.vector.count == count)
        #expect(block.vector.buffer.allSatisfy { $0 == 0 })
        withExtendedLifetime(block) {}
    }

    @Test func rangesViewTheSameMemory() {
        let block = Block<Int32>(count: 10)
        for index in 0..<10 { block.vector[index] = Int32(index) }
        let part = block[3..<7]
        #expect(Array(part.buffer) == [3, 4, 5, 6])
        part[0] = 42
        #expect(block.vector[3] == 42)
        #expect(block[10..<10].count == 0)
        withExtendedLifetime(block) {}
    }

    @Test func anImpossibleSizeStops() async {
        await #expect(processExitsWith: .failure) { _ = Block<Float>(count: -1) }
        await #expect(processExitsWith: .failure) { _ = Block<Float>(count: .max) }
    }
}

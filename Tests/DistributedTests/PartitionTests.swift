import Distributed
import Testing

@Suite("Partition") struct PartitionTests {
    @Test func partsCoverEverythingInOrderAndEvenly() {
        for count in 0...40 {
            for parts in 1...12 {
                let partition = Partition(count: count, parts: parts)
                let ranges = (0..<parts).map { partition[$0] }
                #expect(ranges.flatMap { Array($0) } == Array(0..<count))
                let lengths = ranges.map(\.count)
                let longest = lengths.max() ?? 0
                #expect(longest - (lengths.min() ?? 0) <= 1)
                #expect(partition.longest == longest)
                #expect(lengths == lengths.sorted(by: >), "longer parts come first")
            }
        }
    }

    @Test func partsBeginAtMultiplesOfTheUnit() {
        for count in 0...40 {
            for parts in 1...6 {
                for unit in [1, 2, 5, 50] {
                    let partition = Partition(count: count, parts: parts, unit: unit)
                    let ranges = (0..<parts).map { partition[$0] }
                    #expect(ranges.flatMap { Array($0) } == Array(0..<count))
                    #expect(
                        ranges.allSatisfy { $0.lowerBound % unit == 0 || $0.lowerBound == count })
                    #expect(partition.longest == ranges.map(\.count).max())
                    let units = ranges.map { ($0.count + unit - 1) / unit }
                    #expect((units.max() ?? 0) - (units.min() ?? 0) <= 1)
                }
            }
        }
    }

    @Test func hugeCountsDoNotOverflow() {
        let partition = Partition(count: Int.max / 2, parts: 7)
        #expect(partition[6].upperBound == Int.max / 2)
    }
}

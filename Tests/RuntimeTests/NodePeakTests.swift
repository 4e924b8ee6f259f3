import Runtime
import Testing

/// Peak of a host whose ranks each measured their own threads.
struct NodePeakTests {
    private static func ranks(
        _ count: Int, threads: Int = 1, processors: [Int] = [0, 1], quota: Double? = nil
    ) -> [NodePeak.Rank] {
        let resources = RankResources(
            processors: processors, quotaGroup: quota == nil ? "" : "g", quota: quota)
        return (0..<count).map { _ in
            NodePeak.Rank(peak: 100 * Double(threads), threads: threads, resources: resources)
        }
    }

    @Test("more ranks than processors do no more than the processors", arguments: [2, 4, 8, 16])
    func oversubscribed(count: Int) {
        #expect(NodePeak.total(Self.ranks(count)) == 200)
        #expect(NodePeak.total(Self.ranks(count, threads: 2)) == 200)
    }

    @Test("fewer do what they measured")
    func enough() {
        #expect(NodePeak.total([]) == 0)
        #expect(NodePeak.total(Self.ranks(1)) == 100)
        #expect(NodePeak.total(Self.ranks(3, processors: [0, 1, 2, 3])) == 300)
        // Ranks that are pinned to processors of their own.
        #expect(NodePeak.total(Self.ranks(1) + Self.ranks(1, processors: [2])) == 200)
    }

    @Test("a quota that ranks share counts once")
    func quota() {
        let processors = Array(0..<8)
        #expect(NodePeak.total(Self.ranks(8, processors: processors, quota: 1.5)) == 150)
        let free = Self.ranks(1, processors: processors)
        #expect(NodePeak.total(Self.ranks(7, processors: processors, quota: 1.5) + free) == 800)
    }
}

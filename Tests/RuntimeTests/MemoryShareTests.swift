import Runtime
import Testing

/// Memory share of a rank.
@Suite("memory share") struct MemoryShareTests {
    @Test("ranks share their node's memory, and the limit of their control group")
    func share() throws {
        func share(_ limits: [(String, Int?)], machine: Int) -> [MemoryShare] {
            let all = limits.map {
                RankResources(processors: [0], memoryGroup: $0.0, memoryLimit: $0.1)
            }
            return all.indices.map { MemoryShare(of: $0, among: all, machine: machine) }
        }
        func bytes(_ limits: [(String, Int?)], machine: Int) -> [Int] {
            share(limits, machine: machine).map(\.bytes)
        }
        #expect(bytes([("", nil), ("", nil), ("", nil)], machine: 100) == [33, 33, 33])
        // One group for both, one for each, and one of two.
        #expect(bytes([("g", 80), ("g", 80)], machine: 200) == [40, 40])
        #expect(bytes([("g", 80), ("h", 80)], machine: 200) == [80, 80])
        #expect(bytes([("g", 80), ("h", 20), ("", nil)], machine: 210) == [70, 20, 70])
        // A limit above the machine's memory, or of version 1 near 2^63, counts as none.
        #expect(bytes([("g", .max), ("g", 500)], machine: 100) == [50, 50])
        let two = share([("g", 80), ("g", 80)], machine: 200)[0]
        try two.check(40, of: "it", advice: "")
        let error = #expect(throws: RuntimeError.self) {
            try two.check(41 << 20, of: "it", advice: "do less")
        }
        #expect(
            error?.description
                == "it takes at least 41 MB, and a rank may have 0 MB, as 2 ranks share 0 MB; do less"
        )
        #expect(error?.exitCode == 78)
    }
}

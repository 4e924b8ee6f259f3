import Runtime
import Testing

/// Assignment of processors: a pure function of those that the ranks of a host may use.
@Suite("thread plan") struct ThreadPlanTests {
    private static func plans(
        _ resources: [RankResources], _ setting: ThreadCount = .auto,
        pins: Bool = true, coreOf: [Int: Int] = [:]
    ) -> [ThreadPlan] {
        resources.indices.map {
            ThreadPlan(setting, pins: pins, rank: $0, of: resources, coreOf: coreOf)
        }
    }

    private static func same(_ ranks: Int, _ processors: Range<Int>) -> [RankResources] {
        Array(repeating: RankResources(processors: Array(processors)), count: ranks)
    }

    @Test("ranks with the same mask get disjoint parts")
    func shared() {
        let plans = Self.plans(Self.same(2, 0..<8))
        #expect(plans.map(\.threads) == [4, 4])
        #expect(plans.map(\.processors) == [[0, 1, 2, 3], [4, 5, 6, 7]])
        // Remaining processors run no thread, but belong to a rank.
        let uneven = Self.plans(Self.same(3, 0..<8))
        #expect(uneven.map(\.threads) == [2, 2, 2])
        #expect(uneven.map(\.processors) == [[0, 1, 2], [3, 4, 5], [6, 7]])
    }

    @Test("never more threads than processors, never two on one", arguments: 1...9, 1...12)
    func invariants(ranks: Int, processors: Int) {
        let plans = Self.plans(Self.same(ranks, 0..<processors))
        #expect(plans.allSatisfy { $0.threads >= 1 })
        let threads = plans.reduce(0) { $0 + $1.threads }
        #expect(threads <= max(processors, ranks))
        let pinned = plans.compactMap(\.processors)
        #expect(pinned.isEmpty || pinned.count == ranks)
        #expect(pinned.isEmpty == (ranks == 1 || ranks > processors))
        if !pinned.isEmpty { #expect(pinned.flatMap { $0 }.sorted() == Array(0..<processors)) }
    }

    @Test("masks of their own: left as they are")
    func bound() {
        let resources = [0..<4, 4..<8, 8..<10].map { RankResources(processors: Array($0)) }
        let plans = Self.plans(resources)
        #expect(plans.map(\.threads) == [4, 4, 2])
        #expect(plans.allSatisfy { $0.processors == nil })
    }

    @Test("two sockets with two ranks each")
    func sockets() {
        let plans = Self.plans(Self.same(2, 0..<4) + Self.same(2, 4..<8))
        #expect(plans.map(\.threads) == [2, 2, 2, 2])
        #expect(plans.map(\.processors) == [[0, 1], [2, 3], [4, 5], [6, 7]])
    }

    @Test("masks that overlap in part: fewer threads, nobody pinned")
    func overlapping() {
        let plans = Self.plans([
            RankResources(processors: [0, 1, 2, 3]), RankResources(processors: [2, 3, 4, 5]),
        ])
        #expect(plans.map(\.threads) == [3, 3])
        #expect(plans.allSatisfy { $0.processors == nil })
        let inner = Self.plans(Self.same(2, 0..<4) + [RankResources(processors: [3])])
        #expect(inner.map(\.threads) == [1, 1, 1] && inner.allSatisfy { $0.processors == nil })
    }

    @Test("siblings stay with their core and are used last")
    func siblings() {
        // Processors i and i + 4 share one core.
        let coreOf = Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, $0 % 4) })
        let plans = Self.plans(Self.same(2, 0..<8), coreOf: coreOf)
        #expect(plans.map(\.processors) == [[0, 1, 4, 5], [2, 3, 6, 7]])
    }

    @Test("a configured number of threads")
    func fixed() {
        let few = Self.plans(Self.same(2, 0..<8), .fixed(3))
        #expect(few.map(\.threads) == [3, 3])
        #expect(few.map { $0.processors?.count } == [4, 4])
        let many = Self.plans(Self.same(2, 0..<8), .fixed(5))
        #expect(many.map(\.threads) == [5, 5] && many.allSatisfy { $0.processors == nil })
        #expect(Self.plans(Self.same(2, 0..<8), pins: false).allSatisfy { $0.processors == nil })
    }

    @Test("quotas of containers, and SLURM's word")
    func limits() {
        func resources(_ group: String, _ quota: Double?, _ limit: Int?) -> RankResources {
            RankResources(
                processors: Array(0..<16), quotaGroup: group, quota: quota, limit: limit)
        }
        let one = Array(repeating: resources("a", 4, nil), count: 2)
        #expect(Self.plans(one).map(\.threads) == [2, 2])
        let apart = [resources("a", 4.5, nil), resources("b", 1.5, nil)]
        #expect(Self.plans(apart).map(\.threads) == [4, 1])
        let tiny = Array(repeating: resources("a", 0.5, nil), count: 2)
        #expect(Self.plans(tiny).map(\.threads) == [1, 1])
        let slurm = Array(repeating: resources("", nil, 3), count: 2)
        #expect(Self.plans(slurm).map(\.threads) == [3, 3])
    }

    @Test("formats of Linux, control groups and SLURM are parsed")
    func texts() {
        #expect(RankResources.list("0-3,8,10-11\n") == [0, 1, 2, 3, 8, 10, 11])
        #expect(RankResources.list("") == [] && RankResources.list("3-1,x,-2") == [2])
        #expect(RankResources.list("0-99999999999") == [])
        #expect(ControlGroup.limit(maximum: "150000 100000\n") == 1.5)
        #expect(ControlGroup.limit(maximum: "max 100000\n") == nil)
        #expect(ControlGroup.limit(maximum: "") == nil)
        #expect(ControlGroup.limit(quota: "-1\n", period: "100000\n") == nil)
        #expect(ControlGroup.limit(quota: "400000\n", period: "100000\n") == 4)
        #expect(ControlGroup.bytes("1073741824\n") == 1 << 30)
        #expect(ControlGroup.bytes("max\n") == nil && ControlGroup.bytes("") == nil)
        var variables = ["SLURM_STEP_NUM_TASKS": "4", "SLURM_CPUS_PER_TASK": "8"]
        func limit(_ size: Int) -> Int? {
            RankResources.slurmLimit(jobSize: size) { variables[$0] }
        }
        #expect(limit(4) == 8 && limit(2) == nil)
        variables["SLURM_CPUS_PER_TASK"] = nil
        #expect(limit(4) == nil)
        let resources = RankResources(
            processors: [1, 2, 9], quotaGroup: "8:77", quota: 2.5, limit: 3)
        #expect(RankResources(text: resources.text) == resources)
        let plain = RankResources(processors: [0])
        #expect(RankResources(text: plain.text) == plain)
    }
}

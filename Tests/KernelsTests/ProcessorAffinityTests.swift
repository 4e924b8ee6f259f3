import Kernels
import Synchronization
import Testing

@Suite(.serialized) struct ProcessorAffinityTests {
    /// Runs `body` on a thread of its own, so that its binding affects no other code.
    private static func onOwnThread(_ body: @escaping () -> Void) {
        ThreadTeam(count: 2).run { index in
            if index == 1 { body() }
        }
    }

    @Test func threadsStayWhereTheyAreBound() {
        Self.onOwnThread {
            let before = ProcessorAffinity.ofThisThread
            #expect(!before.isEmpty)
            #expect(ProcessorAffinity.bindThisThread(to: [before[0]]))
            #expect(ProcessorAffinity.ofThisThread == [before[0]])
            #expect(!ProcessorAffinity.bindThisThread(to: []))
            #expect(!ProcessorAffinity.bindThisThread(to: [-1]))
            #expect(!ProcessorAffinity.bindThisThread(to: [1 << 20]))
            #expect(ProcessorAffinity.bindThisThread(to: before))
        }
    }

    @Test func helpersHaveProcessorsOfTheirOwn() {
        Self.onOwnThread {
            let all = ProcessorAffinity.ofThisThread
            let seen = Mutex<[Int: [Int]]>([:])
            func look(_ team: ThreadTeam) -> [Int: [Int]] {
                seen.withLock { $0 = [:] }
                team.run { index in
                    let own = ProcessorAffinity.ofThisThread
                    seen.withLock { $0[index] = own }
                }
                return seen.withLock { $0 }
            }
            let one = look(ThreadTeam(count: all.count, processors: all))
            for index in 1..<all.count { #expect(one[index] == [all[index]]) }
            #expect(one[0] == all)
            let more = look(ThreadTeam(count: 3, processors: [all[0]]))
            #expect(more == [0: [all[0]], 1: [all[0]], 2: [all[0]]])
            ProcessorAffinity.bindThisThread(to: all)
        }
    }
}

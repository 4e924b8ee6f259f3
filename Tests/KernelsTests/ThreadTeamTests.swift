import Kernels
import Synchronization
import Testing

extension KernelTests {
    @Suite(.timeLimit(.minutes(1))) struct ThreadTeams {
        /// 16 threads are more than the cores of most machines that run this test.
        static let counts = [1, 2, 3, 5, 16]

        /// Number of times each of `0..<total` was counted, by any thread.
        private final class Tally: Sendable {
            private let counts: Mutex<[Int]>

            init(_ total: Int) { counts = Mutex([Int](repeating: 0, count: total)) }

            func add(_ range: Range<Int>) {
                counts.withLock { for index in range { $0[index] += 1 } }
            }

            var isOneEach: Bool { counts.withLock { $0.allSatisfy { $0 == 1 } } }
        }

        @Test(arguments: counts) func runCallsEveryThreadOnce(count: Int) {
            let team = ThreadTeam(count: count)
            for _ in 0..<200 {
                let tally = Tally(count)
                team.run { tally.add($0..<$0 + 1) }
                #expect(tally.isOneEach)
            }
        }

        @Test(arguments: counts) func splitCoversEverythingOnce(count: Int) {
            let team = ThreadTeam(count: count)
            for total in [0, 1, 2, 3, 15, 16, 17, 31, 97, 1024, 1031] {
                for unit in [1, 2, 14, 16, 2000] {
                    let tally = Tally(total)
                    team.split(total, unit: unit) { part in
                        #expect(!part.isEmpty && part.lowerBound.isMultiple(of: unit))
                        #expect(part.upperBound == total || part.upperBound.isMultiple(of: unit))
                        tally.add(part)
                    }
                    #expect(tally.isOneEach, "\(total) by \(unit)")
                }
            }
        }

        @Test(arguments: counts) func forEachTakesEveryTaskOnce(count: Int) {
            let team = ThreadTeam(count: count)
            for total in [0, 1, 2, 7, 100, 1009] {
                let tally = Tally(total)
                team.forEach(total) { task, thread in
                    #expect((0..<count).contains(thread))
                    tally.add(task..<task + 1)
                }
                #expect(tally.isOneEach)
            }
        }

        /// Writes of a thread before the end of `run` are visible to the caller and to the next
        /// run.
        @Test(arguments: [2, 3, 16]) func workIsSeenByTheNext(count: Int) {
            let team = ThreadTeam(count: count)
            nonisolated(unsafe) let values = UnsafeMutablePointer<Int>.allocate(capacity: count)
            values.initialize(repeating: 0, count: count)
            defer { values.deallocate() }
            for turn in 0..<500 {
                team.run { values[($0 + turn) % count] += 1 }
            }
            #expect((0..<count).allSatisfy { values[$0] == 500 })
        }

        /// The end of a team's lifetime joins its threads, asleep or not yet awake.
        @Test func teamsComeAndGo() {
            for turn in 0..<300 {
                weak var old: ThreadTeam?
                do {
                    let team = ThreadTeam(count: 1 + turn % 5)
                    if turn % 3 > 0 { team.run { _ in } }
                    old = team
                }
                #expect(old == nil)
            }
        }

        @Test func sleepersWakeUp() {
            let team = ThreadTeam(count: 2)
            for _ in 0..<5 {
                let start = ContinuousClock.now
                while start.duration(to: .now) < .milliseconds(10) {}
                let tally = Tally(2)
                team.run { tally.add($0..<$0 + 1) }
                #expect(tally.isOneEach)
            }
        }
    }
}

import Distributed
import Glibc
import MPI
import MPITestSupport
import Testing

@MainActor @Suite("StopPoll", .serialized) struct StopPollTests {
    @Test func allRanksStopAtTheSameCall() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for asked in 0..<communicator.size {
                var calls = 0
                let poll = StopPoll(among: communicator) {
                    communicator.rank == asked && calls > 20
                }
                repeat {
                    calls += 1
                    // With different numbers of calls of different lengths on the ranks.
                    usleep(UInt32(50 * (communicator.rank + calls % 3)))
                    try #require(calls < 1_000_000)
                } while try !poll.check()
                #expect(calls > 20, "\(name)")
                let all = try communicator.allGather(Int64(calls))
                #expect(Set(all).count == 1, "\(name)")
            }
        }
    }

    @Test func callsThatTakeLongAreAllAgreements() throws {
        let communicator = TestJob.world
        var calls = 0
        let poll = StopPoll(among: communicator) { calls == 3 }
        repeat {
            calls += 1
            usleep(60_000)
            try #require(calls < 100)
        } while try !poll.check()
        #expect(calls == 3)
    }

    @Test func nobodyAskedNobodyStops() throws {
        let poll = StopPoll(among: TestJob.world) { false }
        for _ in 0..<2000 {
            let isStopRequested = try poll.check()
            #expect(!isStopRequested)
        }
        #expect(!poll.isStopRequestedLocally)
    }
}

/// Work whose parts take as many polls as the rank's number.
private final class CountedWork: BackgroundWork {
    private let rank: Int
    private var looks = 0
    private(set) var stages = 0

    init(rank: Int) { self.rank = rank }

    var isBusyLocally: Bool {
        looks += 1
        return looks <= 10 + rank
    }

    func advanceStage() {
        stages += 1
        looks = 0
    }
}

extension StopPollTests {
    @Test func backgroundWorkGoesOnWhenNoRankIsBusy() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let work = CountedWork(rank: communicator.rank)
            let poll = StopPoll(among: communicator, background: work) { false }
            var stages: [Int64] = []
            for _ in 0..<60 {
                usleep(100)
                try poll.advanceStage(
                    busy: communicator.allReduce(Int64(poll.isBusyLocally ? 1 : 0), .sum))
                stages.append(Int64(work.stages))
            }
            // The slowest rank decides for all.
            let slowest = 10 + communicator.size
            #expect(stages.last == Int64(60 / slowest), "\(name)")
            let all = try communicator.allGather(stages)
            #expect(all == Array(repeatElement(stages, count: communicator.size).joined()))
        }
    }

    @Test func checkTakesBackgroundWorkOn() throws {
        let work = CountedWork(rank: TestJob.world.rank)
        let poll = StopPoll(among: TestJob.world, background: work) { false }
        while work.stages < 3 { _ = try poll.check() }
        let all = try TestJob.world.allGather(Int64(work.stages))
        #expect(all.allSatisfy { $0 == 3 })
    }
}

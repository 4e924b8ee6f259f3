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
                    // Of uneven and different lengths on the ranks.
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
            let isAsked = try poll.check()
            #expect(!isAsked)
        }
        #expect(!poll.isAskedHere)
    }
}

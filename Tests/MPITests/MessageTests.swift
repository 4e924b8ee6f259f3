import MPI
import MPITestSupport
import Testing

@MainActor @Suite("MPI messages", .serialized) struct MessageTests {
    @Test func aRingOfMessagesComesBack() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let next = (communicator.rank + 1) % communicator.size
            let previous = (communicator.rank + communicator.size - 1) % communicator.size
            for count in [0, 1, 17, 100_003] {
                let mine = (0..<count).map { Float($0 + communicator.rank) }
                var theirs = [Float](repeating: 0, count: count + 3)
                let status = try mine.withUnsafeBufferPointer { mine in
                    try theirs.withUnsafeMutableBufferPointer { theirs in
                        var receive = try communicator.irecv(theirs, from: previous, tag: 11)
                        var send = try communicator.isend(mine, to: next, tag: 11)
                        try receive.wait()
                        try send.wait()
                        #expect(try receive.test(), "complete requests stay complete")
                        return receive.status
                    }
                }
                #expect(status?.count == count, "\(name)")
                #expect(status?.source == previous, "\(name)")
                #expect(Array(theirs[..<count]) == (0..<count).map { Float($0 + previous) })
                #expect(theirs[count...] == [0, 0, 0], "nothing is written beyond the message")
            }
        }
    }

    @Test func aDroppedReceiveIsCalledBack() throws {
        try TestJob.forEachCommunicator { communicator, _ in
            var values: [Int64] = [5]
            try values.withUnsafeMutableBufferPointer { buffer in
                _ = try communicator.irecv(buffer, from: nil, tag: 999)
            }
            #expect(values == [5])
        }
    }

    @Test func aQueueGivesRequestsBackInOrder() throws {
        let communicator = TestJob.world
        let rank = communicator.rank
        var inbox = [Int64](repeating: -1, count: 5)
        let outbox: [Int64] = [0, 1, 2, 3, 4]
        try inbox.withUnsafeMutableBufferPointer { inbox in
            try outbox.withUnsafeBufferPointer { outbox in
                var receives = RequestQueue(capacity: 3)
                var sends = RequestQueue(capacity: 5)
                var posted = 0
                var done = 0
                #expect(try !receives.removeFirstIfComplete())
                while done < 5 {
                    while posted < 5, !receives.isFull {
                        let slot = UnsafeMutableBufferPointer(rebasing: inbox[posted...posted])
                        receives.append(try communicator.irecv(slot, from: rank, tag: 30))
                        let value = UnsafeBufferPointer(rebasing: outbox[posted...posted])
                        sends.append(try communicator.isend(value, to: rank, tag: 30))
                        posted += 1
                    }
                    if try receives.removeFirstIfComplete() {
                        #expect(inbox[done] == Int64(done))
                        done += 1
                    }
                }
                while sends.count > 0 { _ = try sends.removeFirstIfComplete() }
            }
        }
    }
}

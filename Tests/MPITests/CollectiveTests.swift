import MPI
import MPITestSupport
import Testing

/// Awkward counts for a group of n ranks: zero, fewer than ranks, as many, one more, primes, many.
private func awkwardCounts(_ size: Int) -> [Int] {
    [0, 1, size - 1, size, size + 1, 7, 1009, 65_537]
}

@MainActor @Suite("MPI collectives", .serialized) struct CollectiveTests {
    @Test func ranksCountUpFromZero() throws {
        try TestJob.forEachCommunicator { communicator, name in
            #expect((0..<communicator.size).contains(communicator.rank), "\(name)")
            let ranks = try communicator.allGather(Int64(communicator.rank))
            #expect(ranks == (0..<Int64(communicator.size)).map { $0 }, "\(name)")
        }
    }

    @Test func splitOrdersByKeyThenRank() throws {
        let world = TestJob.world
        let reversed = try #require(try world.split(color: 3, key: -world.rank))
        #expect(reversed.size == world.size)
        #expect(reversed.rank == world.size - 1 - world.rank)
        #expect(try world.split(color: nil) == nil)
    }

    @Test func allRanksOfThisTestShareANode() throws {
        let node = try TestJob.world.splitByNode()
        #expect(node.size == TestJob.world.size)
        #expect(!MPIEnvironment.processorName.isEmpty)
    }

    @Test func broadcastCopiesFromAnyRoot() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for root in [0, communicator.size - 1] {
                for count in awkwardCounts(communicator.size) {
                    let expected = (0..<count).map { Float($0) + Float(root) / 16 }
                    var values =
                        communicator.rank == root ? expected : [Float](repeating: -1, count: count)
                    try communicator.broadcast(&values, root: root)
                    #expect(values == expected, "\(name), \(count) from \(root)")
                }
            }
        }
    }

    @Test func broadcastOfBytesTellsTheirNumber() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for count in awkwardCounts(communicator.size) {
                let expected = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let mine = communicator.rank == 0 ? expected : [9, 9, 9]
                let received = try communicator.broadcast(bytes: mine)
                #expect(received == expected, "\(name), \(count)")
            }
        }
    }

    @Test func allReduceOfIntegersIsExact() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let size = Int64(communicator.size)
            let rank = Int64(communicator.rank)
            let base: Int64 = 1 << 53 + 1  // not a Double
            let sum = try communicator.allReduce(base + rank, .sum)
            #expect(sum == base * size + size * (size - 1) / 2, "\(name)")
            #expect(try communicator.allReduce(rank - 5, .minimum) == -5, "\(name)")
            #expect(try communicator.allReduce(rank, .maximum) == size - 1, "\(name)")
            let bits = try communicator.allReduce(Int64(1) << rank, .bitwiseOr)
            #expect(bits == Int64(1) << size - 1, "\(name)")
        }
    }

    @Test func allReduceOfArrays() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let size = communicator.size
            for count in awkwardCounts(size) {
                // Sums of small integers, which every order of summation gives exactly.
                let mine = (0..<count).map { Double($0 % 1000 + communicator.rank) }
                let sums = (0..<count).map { Double($0 % 1000 * size + size * (size - 1) / 2) }
                var values = mine
                try communicator.allReduce(&values, .sum)
                #expect(values == sums, "\(name), \(count)")

                var floats = mine.map { Float($0) }
                try floats.withUnsafeMutableBufferPointer {
                    try communicator.libraryAllReduce($0, .sum)
                }
                #expect(floats == sums.map { Float($0) }, "\(name), \(count)")
            }
        }
    }

    @Test func gathersBytesOfEveryLength() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let expected = (0..<communicator.size).map { rank in
                [UInt8](repeating: UInt8(rank), count: rank * rank * 100)
            }
            let mine = expected[communicator.rank]
            let all = try communicator.allGather(bytes: mine)
            #expect(all == expected, "\(name)")
            let nothing = try communicator.allGather(bytes: [])
            #expect(nothing.allSatisfy { $0.isEmpty }, "\(name)")
        }
    }

    @Test func allGatherOfArrays() throws {
        try TestJob.forEachCommunicator { communicator, name in
            let mine = [Double(communicator.rank), 0.5]
            let all = (0..<communicator.size).flatMap { [Double($0), 0.5] }
            let gathered = try communicator.allGather(mine)
            #expect(gathered == all, "\(name)")
            let nothing = try communicator.allGather([Int64]())
            #expect(nothing == [], "\(name)")
        }
    }

    @Test func duplicatesKeepMessagesApart() throws {
        let world = TestJob.world
        let copy = try world.duplicate()
        let next = (world.rank + 1) % world.size
        let previous = (world.rank + world.size - 1) % world.size
        var fromWorld = [Int64](repeating: 0, count: 1)
        var fromCopy = fromWorld
        let inWorld: [Int64] = [1]
        let inCopy: [Int64] = [2]
        // Sent in one order, received in the other.
        try inWorld.withUnsafeBufferPointer { inWorld in
            try inCopy.withUnsafeBufferPointer { inCopy in
                var first = try world.isend(inWorld, to: next, tag: 4)
                var second = try copy.isend(inCopy, to: next, tag: 4)
                try copy.receive(&fromCopy, from: previous, tag: 4)
                try world.receive(&fromWorld, from: previous, tag: 4)
                try first.wait()
                try second.wait()
            }
        }
        #expect(fromWorld == [1])
        #expect(fromCopy == [2])
    }
}

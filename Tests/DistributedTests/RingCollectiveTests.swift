import Distributed
import MPI
import MPITestSupport
import Testing

@MainActor @Suite("Ring collectives", .serialized) struct RingCollectiveTests {
    /// Tiny and odd segments, so that small buffers have many; and the defaults.
    private let configurations = [
        RingConfiguration(segmentElements: 2, segmentsInFlight: 1),
        RingConfiguration(segmentElements: 3, segmentsInFlight: 4),
        RingConfiguration(segmentElements: 67, segmentsInFlight: 2),
        RingConfiguration(),
    ]

    /// Awkward counts that yield at most a few dozen segments per chunk.
    private func counts(_ ranks: Int, _ configuration: RingConfiguration) -> [Int] {
        awkwardCounts(ranks).filter { $0 <= configuration.segmentElements * 70 }
    }

    /// The algorithm's guarantee: the sum of chunk c starts at rank c + 1 and goes once around.
    private func expectedSums(_ count: Int, ranks: Int) -> [Float] {
        let all = (0..<ranks).map { testValues(count, rank: $0) }
        let chunks = Partition(count: count, parts: ranks)
        return (0..<ranks).flatMap { chunk in
            chunks[chunk].map { index in
                var sum = all[(chunk + 1) % ranks][index]
                for hop in 2..<max(2, ranks + 1) { sum = all[(chunk + hop) % ranks][index] + sum }
                return sum
            }
        }
    }

    @Test func allReduceAddsInTheOrderOfTheRing() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for configuration in configurations {
                let ring = try RingCollective(over: communicator, configuration)
                for count in counts(communicator.size, configuration) {
                    var values = testValues(count, rank: communicator.rank)
                    try values.withUnsafeMutableBufferPointer { try ring.allReduce($0) }
                    let expected = expectedSums(count, ranks: communicator.size)
                    #expect(bits(values) == bits(expected), "\(name), \(count), \(configuration)")
                }
            }
        }
    }

    @Test func aBigBufferIsTheSameEverywhereEveryTimeAndNearTheLibrarys() throws {
        let world = TestJob.world
        let ring = try RingCollective(over: world)
        let count = 3_000_017
        let mine = testValues(count, rank: world.rank)
        var values = mine
        try values.withUnsafeMutableBufferPointer { try ring.allReduce($0) }
        #expect(try isSameOnAllRanks(values, world))

        var again = mine
        try again.withUnsafeMutableBufferPointer { try ring.allReduce($0) }
        #expect(bits(again) == bits(values))

        var reference = mine
        try reference.withUnsafeMutableBufferPointer {
            try ReferenceAllReduce(over: world).allReduce($0)
        }
        // Each addition rounds by at most half an ulp of a partial sum, which is below 64 per rank.
        let tolerance = Float(64 * world.size * world.size) * Float.ulpOfOne
        let worst = zip(values, reference).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= tolerance)
    }

    @Test func reduceScatterThenAllGatherIsAllReduce() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for configuration in configurations {
                let ring = try RingCollective(over: communicator, configuration)
                for count in counts(communicator.size, configuration) {
                    let mine = testValues(count, rank: communicator.rank)
                    var whole = mine
                    try whole.withUnsafeMutableBufferPointer { try ring.allReduce($0) }

                    var values = mine
                    let shard = try values.withUnsafeMutableBufferPointer {
                        try ring.reduceScatter($0)
                    }
                    #expect(shard == ring.shard(of: count), "\(name), \(count)")
                    #expect(bits(values[shard]) == bits(whole[shard]), "\(name), \(count)")

                    for index in 0..<count where !shard.contains(index) { values[index] = .nan }
                    try values.withUnsafeMutableBufferPointer { try ring.allGather($0) }
                    #expect(bits(values) == bits(whole), "\(name), \(count), \(configuration)")
                }
            }
        }
    }

    @Test func bfloat16OnTheWireIsExactForSmallIntegersAndSameEverywhere() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for configuration in configurations {
                let ring = try RingCollective(over: communicator, configuration)
                for count in counts(communicator.size, configuration) {
                    var values = (0..<count).map { Float(($0 + communicator.rank) % 16) }
                    try values.withUnsafeMutableBufferPointer {
                        try ring.allReduce($0, wire: .bfloat16)
                    }
                    let expected = (0..<count).map { index in
                        (0..<communicator.size).reduce(Float(0)) { $0 + Float((index + $1) % 16) }
                    }
                    #expect(values == expected, "\(name), \(count), \(configuration)")

                    values = testValues(count, rank: communicator.rank)
                    try values.withUnsafeMutableBufferPointer {
                        try ring.allReduce($0, wire: .bfloat16)
                    }
                    let sums = expectedSums(count, ranks: communicator.size)
                    // Every hop rounds to 8 bits a partial sum that is below 64 per rank.
                    let tolerance = Float(64 * communicator.size * communicator.size) / 256
                    #expect(zip(values, sums).allSatisfy { abs($0 - $1) <= tolerance })
                    #expect(try isSameOnAllRanks(values, communicator), "\(name), \(count)")
                }
            }
        }
    }

    @Test func bfloat16KeepsTheShardOfAReduceScatterInFull() throws {
        let world = TestJob.world
        let ring = try RingCollective(over: world)
        // Rank 0 owns the only element, so its own value is added last, unrounded.
        var values = [Float(world.rank == 0 ? 1.000_001 : 2)]
        _ = try values.withUnsafeMutableBufferPointer {
            try ring.reduceScatter($0, wire: .bfloat16)
        }
        if world.rank == 0 { #expect(values == [Float(2 * (world.size - 1)) + 1.000_001]) }
    }

    @Test(arguments: WireType.allCases) func infinitiesAndNaNsReachAllRanks(wire: WireType) throws {
        let world = TestJob.world
        let ring = try RingCollective(
            over: world, RingConfiguration(segmentElements: 4, segmentsInFlight: 2))
        for bad in 0..<world.size {
            var values = [Float](repeating: 1, count: 29)
            if world.rank == bad {
                values[0] = .nan
                values[14] = .infinity
                values[28] = -.infinity
            }
            try values.withUnsafeMutableBufferPointer { try ring.allReduce($0, wire: wire) }
            #expect(values[0].isNaN)
            #expect(values[14] == .infinity)
            #expect(values[28] == -.infinity)
            #expect(values[1] == Float(world.size))
        }
    }
}

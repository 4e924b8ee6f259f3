import Distributed
import MPI
import MPITestSupport
import Testing

@MainActor @Suite("Gradient reducer", .serialized) struct GradientReducerTests {
    /// Small buckets and segments, so that a small buffer makes many of both.
    private let bucketMegabytes = 1024.0 * 4 / Double(1 << 20)  // 1024 elements
    private let ring = RingConfiguration(segmentElements: 100, segmentsInFlight: 3)

    private func reducer(
        _ communicator: Communicator, _ count: Int, overlaps: Bool, wire: WireType = .float32,
        inFlight: Int = 3, scatters: Bool = false, unit: Int = 1
    ) throws -> GradientReducer {
        try GradientReducer(
            over: communicator, count: count, bucketMegabytes: bucketMegabytes, overlaps: overlaps,
            wire: wire, bucketsInFlight: inFlight, scatters: scatters, unit: unit, ring: ring)
    }

    /// Pieces of uneven sizes from the end to the start, in the order of a backward pass.
    private func pieces(_ count: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var end = count
        var length = 1
        while end > 0 {
            let start = max(0, end - length)
            result.append(start..<end)
            end = start
            length = length * 3 % 2003 + 1
        }
        return result
    }

    @Test func bucketsCoverTheBufferInOrder() throws {
        for count in [0, 1, 1023, 1024, 1025, 10_007] {
            let reducer = try reducer(TestJob.world, count, overlaps: true)
            #expect(reducer.buckets.flatMap { Array($0) } == Array(0..<count))
            #expect(reducer.buckets.count == (count + 1023) / 1024)
        }
    }

    @Test func overlapGivesTheBitsOfPlainCallsAtAnyPace() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for count in [0, 1, 1025, 10_007] {
                for wire in WireType.allCases {
                    let mine = testValues(count, rank: communicator.rank)
                    let overlapping = try reducer(communicator, count, overlaps: true, wire: wire)

                    // The plain calls whose result it must equal: one all-reduce per bucket.
                    let plain = try RingCollective(over: communicator, ring)
                    var expected = mine
                    try expected.withUnsafeMutableBufferPointer { buffer in
                        for bucket in overlapping.buckets {
                            let part = UnsafeMutableBufferPointer(rebasing: buffer[bucket])
                            try plain.allReduce(part, wire: wire)
                        }
                    }

                    for step in 0..<2 {
                        var values = mine
                        try values.withUnsafeMutableBufferPointer { buffer in
                            overlapping.begin(buffer)
                            for (index, piece) in pieces(count).enumerated() {
                                try overlapping.markReady(piece)
                                // Every rank at its own pace, including one that never helps along.
                                for _ in 0..<(index * communicator.rank + step) % 4 {
                                    try overlapping.progress()
                                }
                            }
                            try overlapping.finish()
                        }
                        #expect(bits(values) == bits(expected), "\(name), \(count), \(wire)")
                    }

                    let waiting = try reducer(communicator, count, overlaps: false, wire: wire)
                    var values = mine
                    try values.withUnsafeMutableBufferPointer { try waiting.reduce($0) }
                    #expect(
                        bits(values) == bits(expected), "\(name), \(count), \(wire), no overlap")
                }
            }
        }
    }

    /// Each rank's shards equal the all-reduce bitwise; the rest comes from their owners.
    @Test func scatteringAndGatheringIsReducing() throws {
        try TestJob.forEachCommunicator { communicator, name in
            for (count, unit) in [
                (0, 1), (1, 1), (1025, 1), (10_007, 1), (10_007, 128), (700, 999),
            ] {
                for wire in WireType.allCases {
                    let mine = testValues(count, rank: communicator.rank)
                    let whole = try reducer(
                        communicator, count, overlaps: true, wire: wire, unit: unit)
                    var expected = mine
                    try expected.withUnsafeMutableBufferPointer { try whole.reduce($0) }

                    let scattering = try reducer(
                        communicator, count, overlaps: true, wire: wire, scatters: true, unit: unit)
                    let shards = scattering.shards
                    var values = mine
                    try values.withUnsafeMutableBufferPointer { buffer in
                        scattering.begin(buffer)
                        for piece in pieces(count) { try scattering.markReady(piece) }
                        try scattering.finish()
                    }
                    let what = Comment(rawValue: "\(name), \(count) by \(unit), \(wire)")
                    for shard in shards {
                        #expect(bits(values[shard]) == bits(expected[shard]), what)
                    }
                    let owned = shards.flatMap { Array(values[$0]) }
                    for index in 0..<count where !shards.contains(where: { $0.contains(index) }) {
                        values[index] = .nan
                    }
                    try values.withUnsafeMutableBufferPointer { try scattering.allGather($0) }
                    #expect(bits(values) == bits(expected), what)

                    var gathered: [Float] = []
                    try owned.withUnsafeBufferPointer { owned in
                        try scattering.forEachBucket(gathering: owned) { bucket, elements in
                            #expect(bucket.lowerBound == gathered.count)
                            gathered += elements
                        }
                    }
                    #expect(bits(gathered) == bits(expected), what)
                }
            }
        }
    }

    @Test func shardsCoverTheBufferOnceInUnits() throws {
        for (count, unit) in [(0, 1), (1025, 7), (10_007, 128), (700, 999)] {
            let reducer = try reducer(
                TestJob.world, count, overlaps: true, scatters: true, unit: unit)
            #expect(reducer.shards == reducer.shards(of: TestJob.world.rank))
            let all = (0..<TestJob.world.size).flatMap { reducer.shards(of: $0) }
            #expect(all.flatMap { Array($0) }.sorted() == Array(0..<count))
            #expect(all.allSatisfy { $0.lowerBound % unit == 0 || $0.isEmpty })
        }
    }

    @Test func whatIsNotMarkedIsReducedAtTheEnd() throws {
        let world = TestJob.world
        let count = 5000
        for overlaps in [true, false] {
            let reducer = try reducer(world, count, overlaps: overlaps, inFlight: 1)
            var values = [Float](repeating: Float(world.rank + 1), count: count)
            try values.withUnsafeMutableBufferPointer { buffer in
                reducer.begin(buffer)
                try reducer.markReady(2000..<4500)
                try reducer.markReady(7..<7)
                try reducer.finish()
            }
            let sum = Float(world.size * (world.size + 1) / 2)
            #expect(values.allSatisfy { $0 == sum })
        }
    }

    @Test func statisticsCountStepsBytesAndSeconds() throws {
        let world = TestJob.world
        let count = 4096 * world.size
        let reducer = try reducer(world, count, overlaps: true)
        var values = [Float](repeating: 1, count: count)
        try values.withUnsafeMutableBufferPointer { buffer in
            try reducer.reduce(buffer)
            reducer.begin(buffer)
            try reducer.markReady(0..<count)
            try reducer.finish()
        }
        let statistics = reducer.statistics
        #expect(statistics.steps == 2)
        // 2(N-1)/N of the buffer, within one element per chunk and step if buckets do not divide
        // evenly.
        let exact = 2 * 2 * 4 * 4096 * (world.size - 1)
        let slack = 2 * 2 * 4 * world.size * reducer.buckets.count
        #expect(abs(statistics.bytesSent - exact) <= slack)
        #expect(statistics.wallSeconds >= 0 && statistics.blockingSeconds >= 0)
        #expect((0...1).contains(statistics.overlap))
    }

    @Test(.disabled(if: TestJob.isLaunched, "a child would inherit this rank's place in the job"))
    func markingTwiceIsABugAndStopsTheProgram() async {
        await #expect(processExitsWith: .failure) { @MainActor in
            let reducer = try GradientReducer(over: TestJob.world, count: 10)
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 10)
            buffer.initialize(repeating: 0)
            reducer.begin(buffer)
            try reducer.markReady(0..<6)
            try reducer.markReady(5..<10)
        }
    }
}

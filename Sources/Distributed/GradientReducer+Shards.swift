public import MPI
import OperatingSystem

/// The other half of a sharded update: each rank owns a part of every bucket, its chunk of the
/// ring, updates it, and sends the result to the others.
extension GradientReducer {
    /// Returns the elements that `rank` owns, in order: one range per bucket, which may be empty.
    public func shards(of rank: Int) -> [Range<Int>] {
        buckets.map { bucket in
            let part = Partition(count: bucket.count, parts: ring.ranks, unit: unit)[rank]
            return bucket.lowerBound + part.lowerBound..<bucket.lowerBound + part.upperBound
        }
    }

    /// Elements that this rank owns.
    public var shards: [Range<Int>] { shards(of: ring.rank) }

    /// Replaces the elements of other ranks by their owners' values, bit for bit. Collective.
    ///
    /// No backward pass hides it, so it counts both as time in flight and as exposed time.
    public func allGather(_ buffer: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
        precondition(
            buffer.count == buckets.last?.upperBound ?? 0, "the buffer has the reducer's count")
        let start = MonotonicClock.seconds
        var inFlight: [RingOperation] = []
        var next = 0
        var wait = YieldingWait(in: "the ring all-gather of parameters")
        while next < buckets.count || !inFlight.isEmpty {
            while next < buckets.count, inFlight.count < bucketsInFlight {
                let part = UnsafeMutableBufferPointer(rebasing: buffer[buckets[next]])
                inFlight.append(gathering(part, tag: next))
                next += 1
            }
            var hasMoved = false
            for operation in inFlight where try operation.progress() { hasMoved = true }
            inFlight.removeAll { operation in
                if operation.isComplete { ring.recycle(operation) }
                return operation.isComplete
            }
            if hasMoved { wait.reset() } else { wait.pause() }
        }
        let seconds = MonotonicClock.seconds - start
        statistics.wallSeconds += seconds
        statistics.blockingSeconds += seconds
    }

    /// Gathers a buffer of which each rank holds only the elements that it owns, one bucket at a
    /// time, so that no rank needs memory for the whole buffer. Collective.
    ///
    /// - Parameters:
    ///   - owned: this rank's elements, shard after shard.
    ///   - body: called with each bucket's range in the whole buffer, and its elements.
    public func forEachBucket(
        gathering owned: UnsafeBufferPointer<Float>,
        _ body: (_ bucket: Range<Int>, _ elements: UnsafeBufferPointer<Float>) -> Void
    ) throws(MPIError) {
        precondition(
            owned.count == shards.reduce(0) { $0 + $1.count }, "the shards have another count")
        let whole = UnsafeMutableBufferPointer<Float>.allocate(capacity: buckets.first?.count ?? 0)
        defer { whole.deallocate() }
        whole.initialize(repeating: 0)
        var taken = 0
        for (index, (bucket, shard)) in zip(buckets, shards).enumerated() {
            let part = UnsafeMutableBufferPointer(rebasing: whole[..<bucket.count])
            for offset in 0..<shard.count {
                part[shard.lowerBound - bucket.lowerBound + offset] = owned[taken + offset]
            }
            taken += shard.count
            let operation = gathering(part, tag: index)
            var wait = YieldingWait(in: "the ring all-gather of moments")
            while !operation.isComplete {
                if try operation.progress() { wait.reset() } else { wait.pause() }
            }
            ring.recycle(operation)
            body(bucket, UnsafeBufferPointer(part))
        }
    }

    private func gathering(
        _ part: UnsafeMutableBufferPointer<Float>, tag: Int
    ) -> RingOperation {
        let operation = ring.start(.allGather, part, .float32, tag: tag, unit: unit)
        statistics.bytesSent += operation.schedule.bytesSent(
            bytesPerElement: MemoryLayout<Float>.stride)
        return operation
    }
}

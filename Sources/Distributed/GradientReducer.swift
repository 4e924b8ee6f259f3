public import MPI
import OperatingSystem

/// Sums a flat buffer over all ranks, bucket by bucket, while the buffer is still being filled.
///
/// A backward pass finalizes gradients piece by piece and reports each piece with
/// ``markReady(_:)``. A bucket whose elements are all final starts around the ring at once, and
/// advances whenever the pass calls ``progress()`` between two kernels. ``finish()`` waits for the
/// rest. Everything happens on the calling thread, the only one that may call MPI.
///
/// For each step, call ``begin(_:)``, then ``markReady(_:)`` and ``progress()`` in any order, then
/// ``finish()``.
///
/// The buckets are reduced by the same schedule whenever they start, so the result has the same
/// bits with and without overlap, on all ranks and in every run. All ranks must mark the same
/// ranges in the same order; their relative timing does not matter.
///
/// A reducer that `scatters` gives each rank only the sums of its ``shards``, with the same bits as
/// a reducer that does not; see GradientReducer+Shards.swift.
public final class GradientReducer {
    /// Elements of each bucket.
    public let buckets: [Range<Int>]
    /// Counts and times so far.
    public internal(set) var statistics = ReductionStatistics()

    /// Whether sums reach only the rank that owns them.
    public let scatters: Bool

    let ring: RingCollective
    let unit: Int
    private let count: Int
    private let wire: WireType
    private let overlaps: Bool
    let bucketsInFlight: Int

    private var buffer: UnsafeMutableBufferPointer<Float>?
    /// Number of elements of each bucket that are not yet final.
    private var missing: [Int] = []
    /// Final buckets that wait for their turn, in the order in which they became final.
    private var waiting: [Int] = []
    private var nextWaiting = 0
    private var inFlight: [RingOperation] = []
    private var firstStart: Double?

    /// Creates a reducer of buffers of `count` elements over the ranks of `communicator`.
    /// Collective.
    ///
    /// - Parameters:
    ///   - bucketMegabytes: size of a bucket (2^20 bytes of `Float`); the last one may be smaller.
    ///   - overlaps: whether buckets start as soon as they are final; otherwise all start in
    ///     ``finish()``.
    ///   - bucketsInFlight: maximum number of buckets in flight.
    ///   - scatters: whether sums reach only the rank that owns them.
    ///   - unit: number of elements that one rank sums together: buckets and shards begin at
    ///     multiples of it.
    public init(
        over communicator: Communicator, count: Int, bucketMegabytes: Double = 16,
        overlaps: Bool = true, wire: WireType = .float32, bucketsInFlight: Int = 4,
        scatters: Bool = false, unit: Int = 1,
        ring configuration: RingConfiguration = RingConfiguration()
    ) throws(MPIError) {
        precondition(count >= 0, "a count is not negative")
        precondition(bucketMegabytes > 0 && bucketMegabytes <= 1_048_576, "a bucket has a size")
        precondition(bucketsInFlight > 0, "at least one bucket is under way")
        precondition(unit > 0, "a unit has at least one element")
        ring = try RingCollective(over: communicator, configuration)
        // A tag per bucket, within the library's range.
        let tags = ring.communicator.largestTag
        let wanted = max(1, Int(bucketMegabytes * 262_144))
        let least = max(wanted, (count + tags - 1) / tags)
        let elements = (least + unit - 1) / unit * unit
        buckets = stride(from: 0, to: count, by: elements).map { $0..<min($0 + elements, count) }
        self.count = count
        self.wire = wire
        self.overlaps = overlaps
        self.scatters = scatters
        self.unit = unit
        self.bucketsInFlight = bucketsInFlight
    }

    /// Maximum bytes of working memory: the windows of the rings in flight and, if it `scatters`,
    /// the bucket that is gathered for a checkpoint.
    public var memoryBytes: Int {
        let largest = buckets.first?.count ?? 0
        return min(bucketsInFlight, buckets.count)
            * ring.scratchBytes(count: largest, unit: unit, wire)
            + (scatters ? largest * MemoryLayout<Float>.stride : 0)
    }

    /// Starts a step on `buffer`, which must stay in place until ``finish()`` returns.
    public func begin(_ buffer: UnsafeMutableBufferPointer<Float>) {
        precondition(self.buffer == nil, "the step before was not finished")
        precondition(buffer.count == count, "the buffer has the reducer's count")
        self.buffer = buffer
        missing = buckets.map(\.count)
        waiting.removeAll(keepingCapacity: true)
        nextWaiting = 0
        firstStart = nil
    }

    /// Marks these elements as final for this step, each at most once, and starts buckets that are
    /// now complete.
    public func markReady(_ range: Range<Int>) throws(MPIError) {
        precondition(buffer != nil, "no step has begun")
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "the range is in the buffer")
        guard let size = buckets.first?.count, !range.isEmpty else { return }
        for bucket in range.lowerBound / size...(range.upperBound - 1) / size {
            missing[bucket] -= range.clamped(to: buckets[bucket]).count
            precondition(missing[bucket] >= 0, "an element is marked once in a step")
            if missing[bucket] == 0 { waiting.append(bucket) }
        }
        if overlaps { try progress() }
    }

    /// Advances messages without waiting. Cheap if nothing is in flight.
    public func progress() throws(MPIError) {
        guard overlaps, !inFlight.isEmpty || nextWaiting < waiting.count else { return }
        let start = MonotonicClock.seconds
        _ = try advance()
        statistics.progressSeconds += MonotonicClock.seconds - start
    }

    /// Waits until the whole buffer, or this rank's part of it, holds the sums. Unmarked elements
    /// are taken as final now.
    public func finish() throws(MPIError) {
        precondition(buffer != nil, "no step has begun")
        let start = MonotonicClock.seconds
        // From the end, in the order of a backward pass; marked buckets keep their place in the
        // order.
        for bucket in buckets.indices.reversed() where missing[bucket] > 0 {
            waiting.append(bucket)
        }
        var wait = YieldingWait(in: "the ring all-reduce of gradients")
        while !inFlight.isEmpty || nextWaiting < waiting.count {
            if try advance() {
                wait.reset()
            } else {
                wait.pause()
            }
        }
        if scatters { roundShards() }
        buffer = nil
        let end = MonotonicClock.seconds
        statistics.steps += 1
        statistics.blockingSeconds += end - start
        statistics.wallSeconds += end - (firstStart ?? end)
    }

    /// Reduces a buffer that is already final: a whole step without overlap.
    public func reduce(_ buffer: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
        begin(buffer)
        try finish()
    }

    /// Starts buckets that may start and advances those in flight. Returns whether anything
    /// advanced.
    private func advance() throws(MPIError) -> Bool {
        do {
            var hasMoved = startWaiting()
            for operation in inFlight where try operation.progress() { hasMoved = true }
            inFlight.removeAll { operation in
                if operation.isComplete { ring.recycle(operation) }
                return operation.isComplete
            }
            return hasMoved
        } catch {
            // Ends the pending requests now, while the caller's buffer still exists.
            inFlight.removeAll()
            buffer = nil
            throw error
        }
    }

    /// Rounds the sums of the shards, because an all-reduce over a narrow wire ends with sums as
    /// the wire carries them.
    private func roundShards() {
        guard wire == .bfloat16, ring.ranks > 1, let base = buffer?.baseAddress else { return }
        for shard in shards where !shard.isEmpty {
            roundToBFloat16(base + shard.lowerBound, count: shard.count)
        }
    }

    private func startWaiting() -> Bool {
        var hasStarted = false
        while inFlight.count < bucketsInFlight, nextWaiting < waiting.count, let buffer {
            let bucket = waiting[nextWaiting]
            nextWaiting += 1
            let part = UnsafeMutableBufferPointer(rebasing: buffer[buckets[bucket]])
            let operation = ring.start(
                scatters ? .reduceScatter : .allReduce, part, wire, tag: bucket, unit: unit)
            statistics.bytesSent += operation.schedule.bytesSent(
                bytesPerElement: wire.bytesPerElement)
            inFlight.append(operation)
            if firstStart == nil { firstStart = MonotonicClock.seconds }
            hasStarted = true
        }
        return hasStarted
    }
}

@available(*, unavailable) extension GradientReducer: Sendable {}

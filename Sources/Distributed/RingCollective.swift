public import MPI

/// Sums over all ranks of a communicator, by segmented, pipelined rings of point-to-point messages.
///
/// For an all-reduce, a ring of N ranks moves 2(N-1)/N of the buffer through every rank, which is
/// the minimum, and each rank communicates with its two neighbours only (Patarasuk and Yuan, 2009,
/// doi:10.1016/j.jpdc.2008.09.002). The result has the same bits on all ranks and in every run with
/// the same number of ranks.
///
/// All calls are collective: all ranks make the same calls with the same counts and wire types, in
/// the same order.
public final class RingCollective {
    let communicator: Communicator
    private let configuration: RingConfiguration
    private var freeScratch: [RingScratch] = []

    /// Creates a ring over the ranks of `communicator`. Collective. The ring uses a duplicate, so
    /// its messages meet no others.
    public init(
        over communicator: Communicator, _ configuration: RingConfiguration = RingConfiguration()
    ) throws(MPIError) {
        self.communicator = try communicator.duplicate()
        self.configuration = configuration
    }

    /// Rank of this process in the ring.
    public var rank: Int { communicator.rank }
    /// Number of ranks in the ring.
    public var ranks: Int { communicator.size }

    /// Returns the elements of a buffer of `count` that `rank` (this one by default) owns after a
    /// reduce-scatter.
    public func shard(of count: Int, rank: Int? = nil) -> Range<Int> {
        Partition(count: count, parts: ranks)[rank ?? self.rank]
    }

    /// Replaces every element by the sum of the corresponding elements of all ranks.
    public func allReduce(
        _ buffer: UnsafeMutableBufferPointer<Float>, wire: WireType = .float32
    ) throws(MPIError) {
        try run(.allReduce, buffer, wire)
    }

    /// Replaces every element of this rank's shard by the sum of the corresponding elements of all
    /// ranks, and returns the shard. The rest of the buffer then holds meaningless partial sums.
    @discardableResult
    public func reduceScatter(
        _ buffer: UnsafeMutableBufferPointer<Float>, wire: WireType = .float32
    ) throws(MPIError) -> Range<Int> {
        try run(.reduceScatter, buffer, wire)
        return shard(of: buffer.count)
    }

    /// Replaces every shard by that of the rank that owns it, bit for bit.
    public func allGather(_ buffer: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
        try run(.allGather, buffer, .float32)
    }

    private func run(
        _ kind: RingSchedule.Kind, _ buffer: UnsafeMutableBufferPointer<Float>, _ wire: WireType
    ) throws(MPIError) {
        let operation = start(kind, buffer, wire, tag: 0)
        var wait = YieldingWait(in: "a ring collective")
        while !operation.isComplete {
            if try operation.progress() {
                wait.reset()
            } else {
                wait.pause()
            }
        }
        recycle(operation)
    }

    /// Creates an operation that its caller advances. Operations in flight at the same time need
    /// different tags; all ranks give the same operation the same tag. Chunks, and therefore
    /// shards, begin at multiples of `unit`.
    func start(
        _ kind: RingSchedule.Kind, _ buffer: UnsafeMutableBufferPointer<Float>, _ wire: WireType,
        tag: Int, unit: Int = 1
    ) -> RingOperation {
        let schedule = RingSchedule(
            kind: kind, count: buffer.count, rank: rank, ranks: ranks,
            segmentElements: configuration.segmentElements, unit: unit)
        return RingOperation(
            schedule, on: buffer, wire: wire, communicator: communicator, tag: tag,
            scratch: freeScratch.popLast() ?? RingScratch(configuration))
    }

    /// Returns the bytes of its windows that a reduction of `count` elements touches.
    func scratchBytes(count: Int, unit: Int, _ wire: WireType) -> Int {
        let schedule = RingSchedule(
            kind: .allReduce, count: count, rank: rank, ranks: ranks,
            segmentElements: configuration.segmentElements, unit: unit)
        let messages = min(configuration.segmentsInFlight, schedule.reducingMessages)
        let longest = Partition(count: count, parts: ranks, unit: unit).longest
        let segment = (longest + schedule.segments - 1) / schedule.segments
        // Exact values are sent in place; others are first written into a window.
        return (wire == .float32 ? 1 : 2) * messages * segment * wire.bytesPerElement
    }

    /// Keeps the memory of a complete operation for the next one.
    func recycle(_ operation: RingOperation) {
        precondition(
            operation.isComplete, "only a complete operation has no more use for its memory")
        freeScratch.append(operation.scratch)
    }
}

@available(*, unavailable) extension RingCollective: Sendable {}

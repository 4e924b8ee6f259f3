/// The sizes of the messages of a ring. All ranks of a communicator must use the same values.
public struct RingConfiguration: Equatable, Sendable {
    /// Elements of one message at most.
    public var segmentElements: Int
    /// Messages that may be in flight at once, in each direction.
    public var segmentsInFlight: Int

    /// Segments of `segmentElements` (at least 2, so that lengths of all chunks divide into equally many), with
    /// `segmentsInFlight` in flight. The defaults were measured: see docs/distributed.md.
    public init(segmentElements: Int = 1 << 18, segmentsInFlight: Int = 8) {
        precondition(segmentElements >= 2, "a segment has at least two elements")
        precondition(segmentsInFlight >= 1, "at least one segment is in flight")
        self.segmentElements = segmentElements
        self.segmentsInFlight = segmentsInFlight
    }
}

/// Message sizes of a ring. All ranks of a communicator must use the same values.
public struct RingConfiguration: Equatable, Sendable {
    /// Maximum number of elements per message.
    public var segmentElements: Int
    /// Maximum number of messages in flight, in each direction.
    public var segmentsInFlight: Int

    /// Creates a configuration with segments of `segmentElements` (at least 2, so that all chunks
    /// divide into the same number of segments), `segmentsInFlight` of them in flight. The defaults
    /// were measured: see docs/distributed.md.
    public init(segmentElements: Int = 1 << 18, segmentsInFlight: Int = 8) {
        precondition(segmentElements >= 2, "a segment has at least two elements")
        precondition(segmentsInFlight >= 1, "at least one segment is in flight")
        self.segmentElements = segmentElements
        self.segmentsInFlight = segmentsInFlight
    }
}

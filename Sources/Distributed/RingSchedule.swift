/// Schedule of a ring: the piece of the buffer that each message carries.
///
/// The buffer is split into one chunk per rank, and each chunk into `segments` segments. In every
/// step, a rank sends one chunk to the next rank and receives another from the previous one,
/// segment by segment. Messages are numbered consecutively: message m is segment `m % segments` of
/// step `m / segments`, and rank r + 1 receives as its message m what rank r sends as its message
/// m.
///
/// - Reduce-scatter: N - 1 steps. Rank r first sends chunk r - 1, then passes on what it received
///   in the previous step, with its own values added. After the last step, chunk r is complete on
///   rank r.
/// - All-gather: N - 1 steps. Rank r first sends chunk r, then passes on what it received.
/// - All-reduce: a reduce-scatter, then an all-gather.
struct RingSchedule {
    enum Kind {
        case reduceScatter
        case allGather
        case allReduce
    }

    let kind: Kind
    let rank: Int
    let ranks: Int
    /// Number of segments in every chunk. An empty segment is an empty message.
    let segments: Int
    private let chunks: Partition

    /// Creates a schedule whose chunks begin at multiples of `unit`.
    init(kind: Kind, count: Int, rank: Int, ranks: Int, segmentElements: Int, unit: Int = 1) {
        self.kind = kind
        self.rank = rank
        self.ranks = ranks
        chunks = Partition(count: count, parts: ranks, unit: unit)
        segments = max(1, (chunks.longest + segmentElements - 1) / segmentElements)
    }

    /// Number of messages that each rank sends and receives.
    var messages: Int {
        if ranks == 1 || chunks.count == 0 { return 0 }
        return (kind == .allReduce ? 2 : 1) * (ranks - 1) * segments
    }

    /// Number of messages in the reducing part; the others carry finished values.
    var reducingMessages: Int { kind == .allGather ? 0 : (ranks - 1) * segments }

    /// Whether the values of message `message` are added; otherwise they replace.
    func isReducing(_ message: Int) -> Bool { message < reducingMessages }

    /// Whether message `message`, once added, completes its segment on this rank.
    func completesSum(_ message: Int) -> Bool {
        isReducing(message) && message >= reducingMessages - segments
    }

    /// Returns the elements that this rank sends as message `message`.
    func sent(_ message: Int) -> Range<Int> { range(message, behind: 0) }

    /// Returns the destination of message `message` from the previous rank.
    func received(_ message: Int) -> Range<Int> { range(message, behind: 1) }

    private func range(_ message: Int, behind: Int) -> Range<Int> {
        let (step, segment) = message.quotientAndRemainder(dividingBy: segments)
        // The all-gather starts from chunk r, one further than the reduce-scatter did.
        let steps = isReducing(message) ? step + 1 : step - (reducingMessages / segments)
        let chunk = chunks[((rank - steps - behind) % ranks + ranks) % ranks]
        let part = Partition(count: chunk.count, parts: segments)[segment]
        return chunk.lowerBound + part.lowerBound..<chunk.lowerBound + part.upperBound
    }

    /// Returns the bytes that this rank sends, at `bytesPerElement`.
    func bytesSent(bytesPerElement: Int) -> Int {
        var elements = 0
        for message in 0..<messages { elements += sent(message).count }
        return elements * bytesPerElement
    }
}

/// Which piece of the buffer each message of a ring carries.
///
/// The buffer is cut into one chunk a rank, each chunk into `segments` segments. In every step a rank sends one chunk
/// to the next rank and receives another from the previous one, segment by segment. Messages are numbered through:
/// message m is segment `m % segments` of step `m / segments`, and rank r + 1 receives as its message m what rank r
/// sends as its message m.
///
/// - Reduce-scatter: N - 1 steps. Rank r sends chunk r - 1 first, and passes on, with its own values added, what it
///   received in the step before. After the last step chunk r is complete on rank r.
/// - All-gather: N - 1 steps. Rank r sends chunk r first and passes on what it received.
/// - All-reduce: the one, then the other.
struct RingSchedule {
    enum Kind {
        case reduceScatter
        case allGather
        case allReduce
    }

    let kind: Kind
    let rank: Int
    let ranks: Int
    /// Segments of every chunk. An empty segment is an empty message.
    let segments: Int
    private let chunks: Partition

    /// Chunks begin at multiples of `unit`.
    init(kind: Kind, count: Int, rank: Int, ranks: Int, segmentElements: Int, unit: Int = 1) {
        self.kind = kind
        self.rank = rank
        self.ranks = ranks
        chunks = Partition(count: count, parts: ranks, unit: unit)
        segments = max(1, (chunks.longest + segmentElements - 1) / segmentElements)
    }

    /// Messages that each rank sends, and receives.
    var messages: Int {
        if ranks == 1 || chunks.count == 0 { return 0 }
        return (kind == .allReduce ? 2 : 1) * (ranks - 1) * segments
    }

    /// Messages of the reducing part; the others carry finished values.
    var reducingMessages: Int { kind == .allGather ? 0 : (ranks - 1) * segments }

    /// Whether what message `message` brings is to be added; if not, it replaces.
    func isReducing(_ message: Int) -> Bool { message < reducingMessages }

    /// Whether message `message`, once added, makes its segment complete on this rank.
    func completesSum(_ message: Int) -> Bool {
        isReducing(message) && message >= reducingMessages - segments
    }

    /// The elements that this rank sends as message `message`.
    func sent(_ message: Int) -> Range<Int> { range(message, behind: 0) }

    /// The elements that message `message` from the previous rank is for.
    func received(_ message: Int) -> Range<Int> { range(message, behind: 1) }

    private func range(_ message: Int, behind: Int) -> Range<Int> {
        let (step, segment) = message.quotientAndRemainder(dividingBy: segments)
        // The all-gather starts from chunk r, one further than the reduce-scatter did.
        let steps = isReducing(message) ? step + 1 : step - (reducingMessages / segments)
        let chunk = chunks[((rank - steps - behind) % ranks + ranks) % ranks]
        let part = Partition(count: chunk.count, parts: segments)[segment]
        return chunk.lowerBound + part.lowerBound..<chunk.lowerBound + part.upperBound
    }

    /// The bytes this rank sends, at `bytesPerElement`.
    func bytesSent(bytesPerElement: Int) -> Int {
        var elements = 0
        for message in 0..<messages { elements += sent(message).count }
        return elements * bytesPerElement
    }
}

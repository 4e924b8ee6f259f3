/// Micro-batches of one rank within the rounds of a step.
///
/// A rank with fewer micro-batches than others starts later, so that all ranks reach the last one,
/// where the ring starts, together; until then they can stop.
public struct MicroBatchRounds: Sendable, Equatable {
    /// Number of micro-batches of this rank.
    public let count: Int
    /// Number of rounds in the step: the most micro-batches of any rank, at least 1.
    public let rounds: Int

    /// Creates the rounds of a rank with `count` micro-batches if others have up to `rounds`.
    public init(_ count: Int, of rounds: Int) {
        precondition(count >= 0 && rounds >= max(count, 1), "more micro-batches than rounds")
        self.count = count
        self.rounds = rounds
    }

    /// Returns the index of the micro-batch of `round`, from 0; nil before the first.
    public func microBatch(in round: Int) -> Int? {
        let index = round - (rounds - count)
        return index >= 0 ? index : nil
    }
}

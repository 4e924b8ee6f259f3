import Testing
import TrainingStep

/// The order in which ranks with different numbers of micro-batches come to their last one.
@Suite("rounds of micro-batches") struct MicroBatchRoundsTests {
    @Test("each micro-batch once, in order, the last one in the last round", arguments: 0...5)
    func order(count: Int) {
        for rounds in max(count, 1)...7 {
            let own = MicroBatchRounds(count, of: rounds)
            let order = (0..<rounds).compactMap { own.microBatch(in: $0) }
            #expect(order == Array(0..<count))
            #expect(own.microBatch(in: rounds - 1) == (count > 0 ? count - 1 : nil))
        }
    }
}

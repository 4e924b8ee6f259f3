public import Corpus
import Randomness

/// The place in the endless order of samples: epoch after epoch, each in its own order.
///
/// It is all that must be remembered to go on with the same samples.
public struct SampleCursor: Sendable, Equatable {
    /// The pass over the data.
    public var epoch = 0
    /// Samples of it that are done.
    public var position = 0

    /// The start of the first epoch.
    public init() {}

    /// The next `count` samples of `source`; the cursor moves behind them.
    ///
    /// - Throws: `TrainingError` when the data hold no sample or there are no more epochs.
    public mutating func take(
        _ count: Int, of source: any SampleSource
    ) throws(TrainingError) -> [SampleIdentity] {
        var identities: [SampleIdentity] = []
        identities.reserveCapacity(count)
        while identities.count < count {
            let available = source.sampleCount(epoch: epoch)
            guard available > 0 else {
                throw .data("the training data make no sample in epoch \(epoch); add text")
            }
            if position >= available {
                epoch += 1
                position = 0
                guard epoch < RandomAddress.epochLimit else {
                    throw .data(
                        "the run passes over its data more than \(RandomAddress.epochLimit) "
                            + "times; add text or lower schedule.total_steps")
                }
                continue
            }
            let end = min(position + count - identities.count, available)
            for index in position..<end {
                identities.append(SampleIdentity(epoch: epoch, index: index))
            }
            position = end
        }
        return identities
    }
}

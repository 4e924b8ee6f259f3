public import Corpus
import Randomness
public import Samples

/// Position in the endless order of samples: epoch after epoch, each in its own order.
///
/// It is all the state needed to resume with the same samples.
public struct SampleCursor: Sendable, Equatable {
    /// Epoch of the data.
    public var epoch = 0
    /// Samples of the epoch already taken.
    public var position = 0

    /// Starts at the beginning of the first epoch.
    public init() {}

    /// Takes the next `count` samples of `source` and advances the cursor past them.
    ///
    /// - Throws: `PretrainingError` if the data contains no sample or there are no more epochs.
    public mutating func take(
        _ count: Int, of source: any SampleSource
    ) throws(PretrainingError) -> [SampleIdentity] {
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

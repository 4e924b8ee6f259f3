/// Use of a random number. Two purposes never share a number, for any sample. The raw values are
/// part of what makes a run repeatable, so they are never reused.
public enum RandomPurpose: UInt8, Sendable, CaseIterable {
    /// Initial values of the parameters; the sample is the parameter's index in its layout.
    case initialization = 1
    /// Order of samples within an epoch.
    case sampleOrder = 2
    /// Choice of sentences for a pair, its label, lengths and truncation.
    case sentencePair = 3
    /// Choice of positions to predict, and of their replacements.
    case masking = 4
    /// Dropout after the embeddings' layer normalization.
    case embeddingDropout = 5
    /// Dropout of attention probabilities.
    case attentionDropout = 6
    /// Dropout of the attention block's output, before its residual connection.
    case attentionOutputDropout = 7
    /// Dropout of the feed-forward block's output, before its residual connection.
    case feedForwardDropout = 8
    /// Resampling for confidence intervals.
    case bootstrap = 9
    /// Synthetic data for tests and benchmarks.
    case synthetic = 10
    /// Dropout of a task head's input.
    case headDropout = 11
}

/// Address of a sequence of random numbers, which it determines completely, without any state.
///
/// One address holds 2^32 blocks of four 32-bit words; `block(_:)` is a pure function.
public struct RandomAddress: Sendable, Hashable {
    /// Philox's key: the run's seed.
    public let key: SIMD2<UInt32>
    /// Upper three counter words: purpose, layer and epoch, and the sample's 64 bits.
    public let high: SIMD3<UInt32>

    /// One more than the largest epoch that an address can hold.
    public static let epochLimit = 1 << 16

    /// Creates the address of `purpose` in `layer` for `sample` in `epoch` under `seed`.
    ///
    /// - Precondition: `0 <= layer < 256`, `0 <= epoch < epochLimit`, `sample >= 0`.
    public init(
        seed: UInt64, purpose: RandomPurpose, layer: Int = 0, epoch: Int = 0, sample: Int
    ) {
        precondition(epoch >= 0 && epoch < Self.epochLimit, "epoch out of range")
        precondition(layer >= 0 && layer < 256 && sample >= 0, "random address out of range")
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        high = SIMD3(
            UInt32(purpose.rawValue) << 24 | UInt32(layer) << 16 | UInt32(epoch),
            UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: sample >> 32))
    }

    /// Computes block `index` of this address: four independent, uniform 32-bit words.
    @inlinable
    public func block(_ index: UInt32) -> SIMD4<UInt32> {
        Philox.block(counter: SIMD4(index, high[0], high[1], high[2]), key: key)
    }
}

/// The order in which the samples of an epoch are given.
public enum SampleOrder: String, Sendable, CaseIterable {
    /// A pseudo-random permutation that changes with the epoch.
    case shuffled
    /// The order in which the data are stored.
    case sequential
}

/// How samples are made from the documents of a corpus.
public struct SampleSettings: Sendable, Hashable {
    /// The lengths that samples can have: `[CLS]`, two `[SEP]` and a token of each segment take 5.
    public static let lengths = 5...65_536

    /// The greatest length of a sample, with `[CLS]` and both `[SEP]`.
    public var sequenceLength: Int
    /// The share of documents' passes that aim at a random shorter length.
    public var shortSequenceProbability: Double
    /// The order of samples within an epoch.
    public var order: SampleOrder
    /// What is masked, and how.
    public var masking: MaskingSettings

    /// Google's settings for sequences of `sequenceLength`, in shuffled order.
    public init(
        sequenceLength: Int = 128, shortSequenceProbability: Double = 0.1,
        order: SampleOrder = .shuffled, masking: MaskingSettings = MaskingSettings()
    ) {
        self.sequenceLength = sequenceLength
        self.shortSequenceProbability = shortSequenceProbability
        self.order = order
        self.masking = masking
    }

    /// The text that stands for these settings in a fingerprint.
    var canonicalText: String {
        "length=\(sequenceLength) short=\(shortSequenceProbability) order=\(order.rawValue) "
            + masking.canonicalText
    }

    /// Checks every setting.
    ///
    /// - Throws: `CorpusError.invalidSetting` naming the first one that makes no sense.
    public func validate() throws(CorpusError) {
        guard Self.lengths.contains(sequenceLength) else {
            throw .invalidSetting(
                "data.sequence_length is \(sequenceLength); it must be 5 to 65536: [CLS], two "
                    + "[SEP] and a token of each segment take 5")
        }
        guard (0...1).contains(shortSequenceProbability) else {
            throw .invalidSetting(
                "data.short_sequence_probability is \(shortSequenceProbability); "
                    + "it must be 0 to 1")
        }
        try masking.validate()
    }
}

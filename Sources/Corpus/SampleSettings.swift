/// Order of the samples of an epoch.
public enum SampleOrder: String, Sendable, CaseIterable {
    /// A pseudo-random permutation, different in each epoch.
    case shuffled
    /// The order in which the data is stored.
    case sequential
}

/// Settings for making samples from the documents of a corpus.
public struct SampleSettings: Sendable, Hashable {
    /// Valid lengths of samples: `[CLS]`, two `[SEP]` and a token of each segment take 5.
    public static let lengths = 5...65_536

    /// Maximum length of a sample, including `[CLS]` and both `[SEP]`.
    public var sequenceLength: Int
    /// Fraction of passes over documents that target a random shorter length.
    public var shortSequenceProbability: Double
    /// Order of samples within an epoch.
    public var order: SampleOrder
    /// Settings of masking.
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

    /// Canonical text of these settings, for fingerprints.
    var canonicalText: String {
        "length=\(sequenceLength) short=\(shortSequenceProbability) order=\(order.rawValue) "
            + masking.canonicalText
    }

    /// Checks every setting.
    ///
    /// - Throws: `CorpusError.invalidSetting` naming the first one out of range.
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

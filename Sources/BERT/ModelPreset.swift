/// Model sizes published by Google for BERT (2018, and the miniatures of 2020).
public enum ModelPreset: String, CaseIterable, Sendable {
    /// 2 layers of 128.
    case tiny = "bert-tiny"
    /// 4 layers of 256.
    case mini = "bert-mini"
    /// 4 layers of 512.
    case small = "bert-small"
    /// 8 layers of 512.
    case medium = "bert-medium"
    /// 12 layers of 768.
    case base = "bert-base"
    /// 24 layers of 1024.
    case large = "bert-large"
}

extension BERTConfiguration {
    /// Creates the sizes of `preset`, with Google's uncased vocabulary. Heads have 64 columns, and
    /// the feed-forward network is four times as wide as the encoder.
    public init(_ preset: ModelPreset) {
        self.init()
        (layers, hiddenSize) =
            switch preset {
            case .tiny: (2, 128)
            case .mini: (4, 256)
            case .small: (4, 512)
            case .medium: (8, 512)
            case .base: (12, 768)
            case .large: (24, 1024)
            }
        heads = hiddenSize / 64
        intermediateSize = hiddenSize * 4
    }
}

/// Requirements that inputs place on a model, independent of their source.
public struct ModelInputs: Sendable {
    /// Number of tokens of the longest input.
    public var length: Int
    /// Exclusive upper bound of the token ids.
    public var vocabularySize: Int
    /// Whether some inputs have two segments.
    public var hasPairs: Bool

    /// Creates the requirements of inputs with these properties.
    public init(length: Int, vocabularySize: Int, hasPairs: Bool) {
        self.length = length
        self.vocabularySize = vocabularySize
        self.hasPairs = hasPairs
    }
}

extension BERTConfiguration {
    /// Returns the reason that this model cannot take the inputs; nil if it can take all of them.
    public func problem(withInputs inputs: ModelInputs) -> String? {
        if inputs.length > maximumPositions {
            return
                "inputs of up to \(inputs.length) tokens are longer than its \(maximumPositions) "
                + "positions (max_position_embeddings)"
        }
        if inputs.vocabularySize > vocabularySize {
            return "token ids go up to \(inputs.vocabularySize - 1), it has \(vocabularySize) "
                + "(vocab_size)"
        }
        if inputs.hasPairs, segmentKinds < 2 {
            return "type_vocab_size is \(segmentKinds), but pairs of texts need two segments"
        }
        return nil
    }
}

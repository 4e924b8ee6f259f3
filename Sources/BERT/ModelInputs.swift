/// Requirements of inputs on a model, whatever makes the inputs.
public struct ModelInputs: Sendable {
    /// Tokens of the longest.
    public var length: Int
    /// Token ids that may occur: those below this.
    public var vocabularySize: Int
    /// Whether some have two segments.
    public var hasPairs: Bool

    /// Inputs of these properties.
    public init(length: Int, vocabularySize: Int, hasPairs: Bool) {
        self.length = length
        self.vocabularySize = vocabularySize
        self.hasPairs = hasPairs
    }
}

extension BERTConfiguration {
    /// Reason that this model cannot take some inputs; nil if it can take all.
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

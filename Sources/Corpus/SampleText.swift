public import Samples
public import Tokenization

/// A sample as human-readable text: segments, masks with the tokens they hide, label and lengths.
public struct SampleText: CustomStringConvertible {
    private let sample: PretrainingSample
    private let vocabulary: Vocabulary

    /// Renders `sample`, whose ids are those of `vocabulary`.
    public init(_ sample: PretrainingSample, vocabulary: Vocabulary) {
        self.sample = sample
        self.vocabulary = vocabulary
    }

    /// Several lines, the last without a line feed.
    public var description: String {
        let cut = sample.segmentIDs.firstIndex(of: 1) ?? sample.length
        let label = sample.isRandomNext ? "1 (B is from another document)" : "0 (B follows A)"
        let document = sample.document.map { "\ndocument     \($0)" } ?? ""
        return """
            sample       \(sample.identity.index) of epoch \(sample.identity.epoch)\(document)
            label        \(label)
            tokens       \(sample.length): A \(cut), B \(sample.length - cut)
            predictions  \(sample.maskedPositions.count)
            A  \(text(0..<cut))
            B  \(text(cut..<sample.length))
            """
    }

    /// Tokens of `range`; a predicted token is followed by the original, or by "=" if it is
    /// unchanged.
    private func text(_ range: Range<Int>) -> String {
        range.map { position in
            let shown = sample.tokenIDs[position]
            let token = vocabulary.token(shown)
            guard let mask = sample.maskedPositions.firstIndex(of: Int32(position)) else {
                return token
            }
            let original = sample.maskedLabels[mask]
            return original == shown ? "\(token)(=)" : "\(token)(\(vocabulary.token(original)))"
        }.joined(separator: " ")
    }
}

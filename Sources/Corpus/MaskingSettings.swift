/// Unit of masking.
public enum MaskingUnit: String, Sendable, CaseIterable {
    /// Each token on its own.
    case token
    /// A word with all its `##` pieces.
    case wholeWord = "whole_word"
    /// One to three consecutive whole words, n of them with probability proportional to 1/n (Lan et
    /// al., "ALBERT", 2020).
    case ngram
    /// One to ten consecutive whole words, their number drawn from a geometric distribution with p
    /// = 0.2 truncated at ten (Joshi et al., "SpanBERT", 2020). As there, all of a span is masked,
    /// replaced or kept together.
    case span

    /// Relative weights of the number of words masked together: entry k is that of k + 1 words.
    var lengthWeights: [Double] {
        switch self {
        case .token, .wholeWord: [1]
        case .ngram: [1, 1.0 / 2, 1.0 / 3]
        case .span:
            (1..<10).reduce(into: [1]) { weights, words in weights.append(weights[words - 1] * 0.8)
            }
        }
    }
}

/// Number of tokens to predict, and their replacements.
public struct MaskingSettings: Sendable, Hashable {
    /// Fraction of a sample's tokens (including `[CLS]` and `[SEP]`) that are predicted.
    public var probability: Double
    /// Maximum number of predictions in a sample.
    public var maximumPredictions: Int
    /// Fraction of predicted tokens replaced by `[MASK]`.
    public var maskShare: Double
    /// Fraction of predicted tokens replaced by a token drawn uniformly from the whole vocabulary,
    /// including special tokens, as in Google's program.
    public var randomShare: Double
    /// Fraction of predicted tokens left unchanged.
    public var keepShare: Double
    /// Unit of masking.
    public var unit: MaskingUnit

    /// Google's settings: 15% of tokens, at most 20, 80% masked, 10% random, 10% kept.
    public init(
        probability: Double = 0.15, maximumPredictions: Int = 20, maskShare: Double = 0.8,
        randomShare: Double = 0.1, keepShare: Double = 0.1, unit: MaskingUnit = .token
    ) {
        self.probability = probability
        self.maximumPredictions = maximumPredictions
        self.maskShare = maskShare
        self.randomShare = randomShare
        self.keepShare = keepShare
        self.unit = unit
    }

    var canonicalText: String {
        "probability=\(probability) predictions=\(maximumPredictions) mask=\(maskShare) "
            + "random=\(randomShare) keep=\(keepShare) unit=\(unit.rawValue)"
    }

    /// Number of tokens to predict in a sample of `length` tokens, by Google's formula, which
    /// rounds halves to even as Python 3 does.
    func predictionCount(length: Int) -> Int {
        let share = (Double(length) * probability).rounded(.toNearestOrEven)
        return min(maximumPredictions, max(1, Int(share)))
    }

    /// Whether the three fractions of predicted tokens sum to 1, within rounding.
    public var sharesAddUp: Bool { abs(maskShare + randomShare + keepShare - 1) <= 1e-9 }

    func validate() throws(CorpusError) {
        guard probability > 0 && probability <= 1 else {
            throw .invalidSetting(
                "masking.probability is \(probability); it must be above 0 and at most 1")
        }
        guard (1...65_536).contains(maximumPredictions) else {
            throw .invalidSetting(
                "masking.max_predictions is \(maximumPredictions); it must be 1 to 65536")
        }
        let shares = [maskShare, randomShare, keepShare]
        guard shares.allSatisfy({ (0...1).contains($0) }),
            sharesAddUp
        else {
            throw .invalidSetting(
                "masking.mask, masking.random and masking.keep are \(maskShare), \(randomShare) "
                    + "and \(keepShare); they must be shares that add up to 1")
        }
    }
}

package import BERT
import Corpus
package import Samples
package import Tokenization

/// Prediction of one masked token.
package struct EvaluatedToken: Equatable {
    /// Token to predict.
    package let label: Int32
    /// Cross-entropy, in nats.
    package let loss: Float
    /// Whether the prediction was correct.
    package let isCorrect: Bool
    /// Whether its word has several tokens.
    package let isPiece: Bool

    /// Creates the prediction of one token.
    package init(label: Int32, loss: Float, isCorrect: Bool, isPiece: Bool) {
        self.label = label
        self.loss = loss
        self.isCorrect = isCorrect
        self.isPiece = isPiece
    }
}

/// Predictions for one held-out sample, in a form that ranks exchange.
package struct EvaluatedSample: Equatable {
    /// Document of its first segment; nil if the source does not know it.
    package let document: Int?
    package let isRandomNext: Bool
    package let nextSentenceLoss: Float
    package let isNextSentenceCorrect: Bool
    package let tokens: [EvaluatedToken]

    /// - Parameters:
    ///   - outcomes: outcomes of the sample's masked tokens.
    ///   - vocabulary: tells which tokens continue a word.
    package init(
        _ sample: PretrainingSample, _ outcome: SequenceOutcome,
        tokens outcomes: some Collection<TokenOutcome>, vocabulary: Vocabulary
    ) {
        document = sample.document
        isRandomNext = sample.isRandomNext
        nextSentenceLoss = Float(outcome.nextSentenceLoss)
        isNextSentenceCorrect = outcome.nextSentenceCorrect
        var original = sample.tokenIDs
        for (position, label) in zip(sample.maskedPositions, sample.maskedLabels) {
            original[Int(position)] = label
        }
        func continues(_ position: Int) -> Bool {
            // A model may have more tokens than its vocabulary names.
            original.indices.contains(position) && Int(original[position]) < vocabulary.count
                && vocabulary.isContinuation(original[position])
        }
        tokens = zip(outcomes, zip(sample.maskedPositions, sample.maskedLabels)).map {
            let (position, label) = (Int($1.0), $1.1)
            return EvaluatedToken(
                label: label, loss: $0.loss, isCorrect: $0.isCorrect,
                isPiece: continues(position) || continues(position + 1))
        }
    }

    /// Reads a sample written by `append` from the front of `words`.
    package init(readingFrom words: inout ArraySlice<UInt64>) {
        let (place, sums) = (words.removeFirst(), words.removeFirst())
        document = place == 0 ? nil : Int(place - 1)
        isRandomNext = sums & 1 != 0
        isNextSentenceCorrect = sums & 2 != 0
        nextSentenceLoss = Float(bitPattern: UInt32(sums >> 32))
        let count = Int((sums & 0xFFFF_FFFF) >> 2)
        tokens = words.prefix(count).map {
            EvaluatedToken(
                label: Int32(($0 & 0xFFFF_FFFF) >> 2), loss: Float(bitPattern: UInt32($0 >> 32)),
                isCorrect: $0 & 1 != 0, isPiece: $0 & 2 != 0)
        }
        words = words.dropFirst(count)
    }

    /// Writes the sample: two words, plus one per token.
    package func append(to words: inout [UInt64]) {
        func word(_ loss: Float, _ number: Int, _ first: Bool, _ second: Bool) -> UInt64 {
            UInt64(loss.bitPattern) << 32 | UInt64(number) << 2 | (second ? 2 : 0) | (first ? 1 : 0)
        }
        words.append(document.map { UInt64($0) + 1 } ?? 0)
        words.append(word(nextSentenceLoss, tokens.count, isRandomNext, isNextSentenceCorrect))
        for token in tokens {
            words.append(word(token.loss, Int(token.label), token.isCorrect, token.isPiece))
        }
    }
}

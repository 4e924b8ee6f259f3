package import Randomness

/// One pair from a pass over a document: its sentences, and whether B is foreign.
package struct PlannedPair: Equatable {
    /// Sentences of segment A, as indices in the document.
    package var first: Range<Int>
    /// Sentences of segment B, as indices in the document; empty if B is foreign.
    package var second: Range<Int>
    /// Whether B comes from another document.
    package var isRandomNext: Bool
    /// Target number of tokens per pair, the same for all pairs of the pass.
    package var targetLength: Int
}

/// A pass over one document that cuts it into pairs: `create_instances_from_document` of Google's
/// `create_pretraining_data.py`, up to the choice of the foreign sentences.
///
/// There is one difference. Google gives a foreign B to every chunk of one sentence, so that more
/// than half of all pairs are foreign and long sentences betray the label. Here a fair coin decides
/// for every pair, regardless of the chunk. A chunk of one sentence whose coin says "next" is
/// extended by the following sentence or, at the document's end, by the preceding one. Only a
/// document of one sentence has no choice: its B is always foreign.
///
/// The walk is a pure function of its address and the sentences' lengths. The k-th pair of a
/// document is found by repeating the walk, so nothing is stored.
package struct PairWalk {
    private var generator: AddressedGenerator
    private let target: Int
    private let hasOtherDocuments: Bool
    private var next = 0

    /// Starts a walk at the first sentence.
    ///
    /// - Parameters:
    ///   - address: Address of the pass; its numbers are used for nothing else.
    ///   - maximumTokens: Maximum number of tokens of A and B together, at least 2.
    ///   - shortSequenceProbability: Probability of targeting a shorter length.
    ///   - hasOtherDocuments: Whether a foreign B can come from another document; if not, every
    ///     pair is a true one.
    package init(
        address: RandomAddress, maximumTokens: Int, shortSequenceProbability: Double,
        hasOtherDocuments: Bool
    ) {
        generator = AddressedGenerator(address)
        let isShort = generator.uniform() < shortSequenceProbability
        target = isShort ? generator.in(2...maximumTokens) : maximumTokens
        self.hasOtherDocuments = hasOtherDocuments
    }

    /// The next pair of the document whose sentence i has tokens `offsets[i]..<offsets[i + 1]`,
    /// or nil at its end.
    package mutating func nextPair(_ offsets: Span<Int64>) -> PlannedPair? {
        let sentences = offsets.count - 1
        guard next < sentences else { return nil }
        var start = next
        var end = start + 1
        while end < sentences && offsets[end] - offsets[start] < Int64(target) { end += 1 }
        let isHeads = generator.nextWord() >> 31 == 1
        let isRandom = hasOtherDocuments && (isHeads || sentences == 1)
        if !isRandom && end - start == 1 {
            if end < sentences {
                end += 1
            } else if start > 0 {
                start -= 1
            } else {
                return nil
            }
        }
        let count = end - start
        let cut = count == 1 ? end : start + 1 + generator.below(count - 1)
        // Sentences replaced by a foreign B are used again by the next pair.
        next = isRandom ? cut : end
        return PlannedPair(
            first: start..<cut, second: isRandom ? cut..<cut : cut..<end,
            isRandomNext: isRandom, targetLength: target)
    }
}

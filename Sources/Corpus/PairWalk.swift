package import Randomness

/// One pair that a pass over a document gives: which sentences, and whether B is foreign.
package struct PlannedPair: Equatable {
    /// The sentences of segment A, by their index in the document.
    package var first: Range<Int>
    /// The sentences of segment B, by their index in the document; empty when B is foreign.
    package var second: Range<Int>
    /// Whether B is to come from another document.
    package var isRandomNext: Bool
    /// The number of tokens that the pass aims at in each of its pairs.
    package var targetLength: Int
}

/// A pass over one document that cuts it into pairs: `create_instances_from_document` of Google's
/// `create_pretraining_data.py`, up to the choice of the foreign sentences.
///
/// It differs in one thing. Google gives a foreign B to every chunk of one sentence, so that more
/// than half of all pairs are foreign and long sentences betray the label. Here a fair coin
/// decides for every pair, whatever the chunk; a chunk of one sentence whose coin says "next"
/// takes in the sentence that follows it or, at the document's end, the one before it. Only a
/// document of one sentence has no choice: its B is always foreign.
///
/// The walk is a pure function of its address and the sentences' lengths, so that the k-th pair
/// of a document is found by walking that document again, and nothing has to be stored.
package struct PairWalk {
    private var generator: AddressedGenerator
    private let target: Int
    private let hasOtherDocuments: Bool
    private var next = 0

    /// A walk from the first sentence on.
    ///
    /// - Parameters:
    ///   - address: The address of the pass; its numbers are used for nothing else.
    ///   - maximumTokens: The greatest number of tokens of A and B together, at least 2.
    ///   - shortSequenceProbability: The probability of aiming at a shorter length.
    ///   - hasOtherDocuments: Whether there is a document that a foreign B can come from; if
    ///     not, every pair is a true one.
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
        // Sentences that a foreign B pushed out are used again by the next pair.
        next = isRandom ? cut : end
        return PlannedPair(
            first: start..<cut, second: isRandom ? cut..<cut : cut..<end,
            isRandomNext: isRandom, targetLength: target)
    }
}

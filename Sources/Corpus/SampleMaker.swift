import Randomness
import Samples

/// Makes one sample of a corpus's documents, given the document and the index of the pair in it.
struct SampleMaker: Sendable {
    let documents: DocumentStore
    let settings: SampleSettings
    let seed: UInt64
    private let vocabulary: MaskingVocabulary
    private let masker: TokenMasker

    init(
        documents: DocumentStore, vocabulary: MaskingVocabulary, settings: SampleSettings,
        seed: UInt64
    ) {
        self.documents = documents
        self.settings = settings
        self.seed = seed
        self.vocabulary = vocabulary
        masker = TokenMasker(settings: settings.masking, vocabulary: vocabulary)
    }

    /// `[CLS]` and two `[SEP]` use the remaining positions.
    private var maximumTokens: Int { settings.sequenceLength - 3 }

    /// The pass over `document` in `epoch`. Passes use the even addresses of
    /// `RandomPurpose.sentencePair`, samples the odd ones.
    func walk(epoch: Int, document: Int) -> PairWalk {
        PairWalk(
            address: RandomAddress(
                seed: seed, purpose: .sentencePair, epoch: epoch, sample: 2 * document),
            maximumTokens: maximumTokens,
            shortSequenceProbability: settings.shortSequenceProbability,
            hasOtherDocuments: documents.count > 1)
    }

    /// Makes a sample of pair `pair` of `document`.
    ///
    /// - Parameters:
    ///   - identity: Identity of the requested sample.
    ///   - number: Number of the sample in the documents' order. It addresses the random numbers,
    ///     so that they do not depend on the order of samples.
    func sample(
        _ identity: SampleIdentity, number: Int, document: Int, pair: Int
    ) throws(CorpusError) -> PretrainingSample {
        let (shard, index) = documents.locate(document)
        let offsets = shard.sentenceOffsets(ofDocument: index)
        let plan = plannedPair(pair, epoch: identity.epoch, document: document, offsets: offsets)
        var generator = AddressedGenerator(
            RandomAddress(
                seed: seed, purpose: .sentencePair, epoch: identity.epoch, sample: 2 * number + 1))
        var first = Int(offsets[plan.first.lowerBound])..<Int(offsets[plan.first.upperBound])
        var second = Int(offsets[plan.second.lowerBound])..<Int(offsets[plan.second.upperBound])
        var secondShard = shard
        if plan.isRandomNext {
            (secondShard, second) = foreignTokens(
                otherThan: document, wanted: plan.targetLength - first.count, using: &generator)
        }
        truncatePair(&first, &second, maximum: maximumTokens, using: &generator)
        var tokens: [Int32] = []
        tokens.reserveCapacity(first.count + second.count + 3)
        tokens.append(vocabulary.classification)
        try shard.appendTokens(first, to: &tokens, vocabularySize: vocabulary.size)
        tokens.append(vocabulary.separator)
        try secondShard.appendTokens(second, to: &tokens, vocabularySize: vocabulary.size)
        tokens.append(vocabulary.separator)
        let masks = masker.mask(
            &tokens,
            at: RandomAddress(
                seed: seed, purpose: .masking, epoch: identity.epoch, sample: number))
        return PretrainingSample(
            identity: identity, tokenIDs: tokens,
            segmentIDs: [UInt8](repeating: 0, count: first.count + 2)
                + [UInt8](repeating: 1, count: second.count + 1),
            maskedPositions: masks.positions, maskedLabels: masks.labels,
            isRandomNext: plan.isRandomNext, document: document)
    }

    private func plannedPair(
        _ pair: Int, epoch: Int, document: Int, offsets: UnsafeBufferPointer<Int64>
    ) -> PlannedPair {
        var walk = walk(epoch: epoch, document: document)
        for _ in 0..<pair { _ = walk.nextPair(offsets.span) }
        guard let plan = walk.nextPair(offsets.span) else {
            preconditionFailure("the plan and the walk of a document disagree")
        }
        return plan
    }

    /// Whole sentences of another document, starting at a random one: up to at least `wanted`
    /// tokens or the document's end, and at least one sentence.
    private func foreignTokens(
        otherThan document: Int, wanted: Int, using generator: inout AddressedGenerator
    ) -> (CorpusShard, Range<Int>) {
        let drawn = generator.below(documents.count - 1)
        let (shard, index) = documents.locate(drawn < document ? drawn : drawn + 1)
        let offsets = shard.sentenceOffsets(ofDocument: index)
        let start = generator.below(offsets.count - 1)
        var end = start + 1
        while end < offsets.count - 1 && offsets[end] - offsets[start] < Int64(wanted) { end += 1 }
        return (shard, Int(offsets[start])..<Int(offsets[end]))
    }
}

public import Samples
import Synchronization

/// Samples made from the documents of a corpus.
///
/// Every sample is a pure function of (data, settings, seed, epoch, index). The only state is a
/// cache: the plans (`EpochPlan`) of the two epochs requested last. The first request of an epoch
/// scans the lengths of all sentences; any other takes a bisection over the documents and a scan of
/// one of them.
public final class CorpusSource: SampleSource {
    let maker: SampleMaker
    private let plans = Mutex<[EpochPlan]>([])
    /// Number of token ids.
    public let vocabularySize: Int
    /// SHA-256 of the data's digest, the settings and the seed.
    public let fingerprint: String

    /// Directories of the documents; empty for documents that are in none.
    public let corpora: [SourceCorpus]

    /// Maximum length of a sample: the settings' sequence length.
    public var maximumLength: Int { maker.settings.sequenceLength }
    /// Number of documents that samples are made from.
    public var documentCount: Int { maker.documents.count }

    /// Makes samples of `documents`.
    ///
    /// - Throws: `CorpusError` if a setting is out of range, or if no pair can be made, because
    ///   there is no document, or only one of a single sentence.
    package init(
        documents: DocumentStore, vocabulary: MaskingVocabulary, settings: SampleSettings,
        seed: UInt64, dataDigest: String, name: String, corpora: [SourceCorpus] = []
    ) throws(CorpusError) {
        self.corpora = corpora
        try settings.validate()
        guard documents.count > 0 else { throw .noText("\(name) holds no documents") }
        guard documents.count < Int(UInt32.max) else {
            throw .damaged(path: name, reason: "it claims more than 4294967294 documents")
        }
        maker = SampleMaker(
            documents: documents, vocabulary: vocabulary, settings: settings, seed: seed)
        vocabularySize = vocabulary.size
        fingerprint = sha256Hex(
            "corpus 2 data=\(dataDigest) seed=\(seed) \(settings.canonicalText)")
        if documents.count == 1 && sampleCount(epoch: 0) == 0 {
            throw .noText(
                "\(name) holds one document of a single sentence: no pair of sentences can be "
                    + "made of it; add text, or more documents (separated by blank lines)")
        }
    }

    /// Number of samples of epoch `epoch`; pairs are cut differently in each.
    public func sampleCount(epoch: Int) -> Int { plan(for: epoch).count }

    /// The sample at index `index` of epoch `epoch`.
    public func sample(epoch: Int, index: Int) throws -> PretrainingSample {
        let place = plan(for: epoch).locate(index)
        return try maker.sample(
            SampleIdentity(epoch: epoch, index: index), number: place.number,
            document: place.document, pair: place.pair)
    }

    /// Plan of `epoch`. Other threads wait while it is made, because they most likely want the same
    /// one.
    private func plan(for epoch: Int) -> EpochPlan {
        plans.withLock { plans in
            if let plan = plans.first(where: { $0.epoch == epoch }) { return plan }
            let plan = EpochPlan(epoch: epoch, maker: maker, order: maker.settings.order)
            if plans.count == 2 { plans.removeFirst() }
            plans.append(plan)
            return plan
        }
    }
}

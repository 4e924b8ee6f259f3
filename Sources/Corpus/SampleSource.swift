public import Samples

/// A corpus among those that a source takes its documents from.
public struct SourceCorpus: Sendable, Equatable {
    /// Its directory.
    public var path: String
    /// The number, among all documents of the source, of its first.
    public var firstDocument: Int

    /// The corpus at `path` whose documents follow upon `firstDocument` others.
    public init(path: String, firstDocument: Int) {
        self.path = path
        self.firstDocument = firstDocument
    }
}

/// A source of samples. A sample is a pure function of (source, epoch, index): a request never
/// changes the answer to a later one, and any number of threads may ask at once.
public protocol SampleSource: Sendable {
    /// The number of token ids; every id of every sample is below it.
    var vocabularySize: Int { get }
    /// The greatest length that a sample can have, in tokens.
    var maximumLength: Int { get }
    /// SHA-256 (hexadecimal) of all that determines the samples: data, settings and seed. Two
    /// sources with one fingerprint give the same samples.
    var fingerprint: String { get }
    /// Fingerprints that earlier versions gave these samples: runs that those started can resume.
    var earlierFingerprints: [String] { get }
    /// The corpora that samples' documents are in, by rising documents; empty where samples have no
    /// documents.
    var corpora: [SourceCorpus] { get }

    /// The number of samples of epoch `epoch`.
    func sampleCount(epoch: Int) -> Int

    /// The sample at place `index` of epoch `epoch`.
    ///
    /// - Precondition: `0 <= index < sampleCount(epoch:)`.
    /// - Throws: `CorpusError` when the stored data turn out to be damaged.
    func sample(epoch: Int, index: Int) throws -> PretrainingSample
}

extension SampleSource {
    /// None.
    public var earlierFingerprints: [String] { [] }
}
